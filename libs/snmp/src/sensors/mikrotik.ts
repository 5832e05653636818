import { readText } from '../text.ts';
import { type SensorColumn, type SensorTable, sensorTable, toSensor } from './sensor-table.ts';

/** MIKROTIK-MIB: names, units and scaling are those of its textual conventions and descriptions. */
const MTXR = '1.3.6.1.4.1.14988.1.1';

const yesNo = { 0: 'no', 1: 'yes' } as const;
const voltage: SensorColumn = { metric: 'voltage_volts', divisor: 10 };
const temperature: SensorColumn = { metric: 'temperature_celsius', divisor: 10 };
/** Bits per second in a Gauge32. */
const txRate: SensorColumn = { metric: 'wireless_tx_rate_bps', isUnsigned: true };
const rxRate: SensorColumn = { metric: 'wireless_rx_rate_bps', isUnsigned: true };
const count = (metric: string): SensorColumn => ({ metric });

/** Scalars by their place under mtxrHealth, mtxrDHCP and mtxrCtStatsGroup; the text is the name of the sensor. */
export const mikrotikScalars: Readonly<Record<string, readonly [sensor: string, SensorColumn]>> = {
  [`${MTXR}.3.1.0`]: ['core', voltage],
  [`${MTXR}.3.2.0`]: ['3.3V', voltage],
  [`${MTXR}.3.3.0`]: ['5V', voltage],
  [`${MTXR}.3.4.0`]: ['12V', voltage],
  [`${MTXR}.3.5.0`]: ['sensor', temperature],
  [`${MTXR}.3.6.0`]: ['cpu', temperature],
  [`${MTXR}.3.7.0`]: ['board', temperature],
  [`${MTXR}.3.8.0`]: ['supply', voltage],
  [`${MTXR}.3.10.0`]: ['device', temperature],
  [`${MTXR}.3.11.0`]: ['processor', temperature],
  [`${MTXR}.3.12.0`]: ['supply', { metric: 'power_watts', divisor: 10 }],
  [`${MTXR}.3.13.0`]: ['supply', { metric: 'current_amperes', divisor: 1_000 }],
  [`${MTXR}.3.14.0`]: ['processor', { metric: 'frequency_hertz', multiplier: 1_000_000 }],
  [`${MTXR}.3.15.0`]: ['psu', { metric: 'power_supply_state', states: { 0: 'fail', 1: 'ok' } }],
  [`${MTXR}.3.16.0`]: ['backup psu', { metric: 'power_supply_state', states: { 0: 'fail', 1: 'ok' } }],
  [`${MTXR}.3.17.0`]: ['fan1', { metric: 'fan_rpm' }],
  [`${MTXR}.3.18.0`]: ['fan2', { metric: 'fan_rpm' }],
  [`${MTXR}.6.1.0`]: ['dhcp', count('dhcp_leases')],
  [`${MTXR}.22.1.1.0`]: ['all', count('tracked_connections')],
  [`${MTXR}.22.1.2.0`]: ['ipv4', count('tracked_connections')],
  [`${MTXR}.22.1.3.0`]: ['ipv6', count('tracked_connections')],
};

/** mtxrGaugeUnit. */
const gauges: Readonly<Record<number, SensorColumn>> = {
  1: { metric: 'temperature_celsius' },
  2: { metric: 'fan_rpm' },
  3: { metric: 'voltage_volts', divisor: 10 },
  4: { metric: 'current_amperes', divisor: 10 },
  5: { metric: 'power_watts', divisor: 10 },
  6: { metric: 'gauge_state', states: { 0: 'ok', 1: 'fail' } },
};

const GAUGE = `${MTXR}.3.100.1`;
const gaugeTable: SensorTable = {
  name: 'mtxrGaugeTable',
  entry: GAUGE,
  columns: { name: `${GAUGE}.2`, value: `${GAUGE}.3`, unit: `${GAUGE}.4` },
  toSensors(index, row) {
    const gauge = typeof row['unit'] === 'number' ? gauges[row['unit']] : undefined;
    const name = readText(row['name']) || index;
    const sensor = gauge && toSensor(gauge, row['value'], `${GAUGE}.3.${index}`, name);
    return sensor ? [sensor] : [];
  },
};

export const mikrotikTables: readonly SensorTable[] = [
  gaugeTable,
  sensorTable('mtxrOpticalTable', `${MTXR}.19.1.1`, {
    naming: 2,
    isInterface: true,
    sensors: {
      3: { metric: 'optical_rx_loss_state', states: yesNo },
      4: { metric: 'optical_tx_fault_state', states: yesNo },
      5: { metric: 'optical_wavelength_nanometres', divisor: 100, absent: 0 },
      6: { metric: 'optical_temperature_celsius' },
      7: { metric: 'optical_supply_volts', divisor: 1_000 },
      8: { metric: 'optical_tx_bias_amperes', divisor: 1_000 },
      9: { metric: 'optical_tx_dbm', divisor: 1_000 },
      10: { metric: 'optical_rx_dbm', divisor: 1_000 },
    },
  }),
  sensorTable('mtxrPOETable', `${MTXR}.15.1.1`, {
    naming: 2,
    isInterface: true,
    sensors: {
      3: {
        metric: 'poe_state',
        states: {
          1: 'disabled',
          2: 'waitingForLoad',
          3: 'poweredOn',
          4: 'overload',
          5: 'shortCircuit',
          6: 'voltageTooLow',
          7: 'currentTooLow',
          8: 'powerReset',
          9: 'voltageTooHigh',
          10: 'controllerError',
          11: 'controllerUpgrade',
          12: 'poeInDetected',
          13: 'noValidPsu',
          14: 'controllerInit',
          15: 'lowVoltageTooLow',
        },
      },
      4: { metric: 'poe_volts', divisor: 10 },
      5: { metric: 'poe_amperes', divisor: 1_000 },
      6: { metric: 'poe_watts', divisor: 10 },
    },
  }),
  // No power of a signal is 0 dBm, no RSRQ 0 dB: a modem without that value says 0.
  sensorTable('mtxrLTEModemTable', `${MTXR}.16.1.1`, {
    isInterface: true,
    sensors: {
      2: { metric: 'lte_rssi_dbm', absent: 0 },
      3: { metric: 'lte_rsrq_db', absent: 0 },
      4: { metric: 'lte_rsrp_dbm', absent: 0 },
      6: {
        metric: 'lte_access_technology_state',
        absent: -1,
        states: {
          0: 'gsmcompact',
          1: 'gsm',
          2: 'utran',
          3: 'egprs',
          4: 'hsdpa',
          5: 'hsupa',
          6: 'hsdpahsupa',
          7: 'eutran',
          11: 'nr-sa',
          13: 'nr-nsa',
        },
      },
      7: { metric: 'lte_sinr_db' },
    },
  }),
  // The interface of a station.
  sensorTable('mtxrWlStatTable', `${MTXR}.1.1.1`, {
    naming: 5,
    isInterface: true,
    sensors: {
      2: txRate,
      3: rxRate,
      4: { metric: 'wireless_rssi_dbm', absent: 0 },
      7: { metric: 'wireless_frequency_hertz', multiplier: 1_000_000, absent: 0 },
      9: { metric: 'wireless_tx_ccq_percent' },
      10: { metric: 'wireless_rx_ccq_percent' },
    },
  }),
  sensorTable('mtxrWlApTable', `${MTXR}.1.3.1`, {
    naming: 4,
    isInterface: true,
    sensors: {
      2: txRate,
      3: rxRate,
      6: { metric: 'wireless_clients' },
      7: { metric: 'wireless_frequency_hertz', multiplier: 1_000_000, absent: 0 },
      9: { metric: 'wireless_noise_floor_dbm' },
      10: { metric: 'wireless_tx_ccq_percent' },
    },
  }),
  sensorTable('mtxrWl60GTable', `${MTXR}.1.8.1`, {
    naming: 3,
    isInterface: true,
    sensors: {
      2: {
        metric: 'wireless_mode_state',
        states: { 0: 'apBridge', 1: 'stationBridge', 2: 'sniff', 3: 'bridge' },
      },
      4: { metric: 'wireless_connected_state', states: { 0: 'disconnected', 1: 'connected' } },
      6: { metric: 'wireless_frequency_hertz', multiplier: 1_000_000, absent: 0 },
      8: { metric: 'wireless_signal_quality_percent' },
      12: { metric: 'wireless_rssi_dbm' },
      13: { metric: 'wireless_tx_rate_bps', multiplier: 1_000_000 },
    },
  }),
  sensorTable('mtxrWl60GStaTable', `${MTXR}.1.9.1`, {
    isInterface: false,
    sensors: {
      5: { metric: 'wireless_station_quality_percent' },
      8: { metric: 'wireless_station_rate_bps', multiplier: 1_000_000 },
      9: { metric: 'wireless_station_rssi_dbm' },
      // The MIB says metres, the devices mean centimetres: 60 GHz does not reach 18 km.
      10: { metric: 'wireless_station_distance_metres', divisor: 100 },
    },
  }),
];
