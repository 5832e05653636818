import { readText } from '../text.ts';
import { scale, signedNumber } from './sensor.ts';
import type { SensorTable } from './sensor-table.ts';

/** ENTITY-SENSOR-MIB (RFC 3433), which many vendors have: type, scale and precision stand beside the value. */
const ENTRY = '1.3.6.1.2.1.99.1.1.1';
/** entPhysicalName and entPhysicalDescr of ENTITY-MIB (RFC 6933), by the same index. */
const PHYSICAL = '1.3.6.1.2.1.47.1.1.1.1';

/** EntitySensorDataType. */
const metrics: Readonly<Record<number, string>> = {
  3: 'voltage_volts',
  4: 'voltage_volts',
  5: 'current_amperes',
  6: 'power_watts',
  7: 'frequency_hertz',
  8: 'temperature_celsius',
  9: 'humidity_percent',
  10: 'fan_rpm',
  11: 'air_flow_cubic_metres_per_minute',
  12: 'truth_state',
};
const OK = 1;
/** EntitySensorDataScale: units(9) is 10^0, and each step is three powers of ten. */
const UNITS = 9;
const MAX_PRECISION = 9;

export const entitySensorTable: SensorTable = {
  name: 'entPhySensorTable',
  columns: {
    type: `${ENTRY}.1`,
    scale: `${ENTRY}.2`,
    precision: `${ENTRY}.3`,
    value: `${ENTRY}.4`,
    status: `${ENTRY}.5`,
    name: `${PHYSICAL}.7`,
    description: `${PHYSICAL}.2`,
  },
  entry: ENTRY,
  toSensors(index, row) {
    const metric = typeof row['type'] === 'number' ? metrics[row['type']] : undefined;
    const value = signedNumber(row['value']);
    const status = row['status'];
    if (metric === undefined || value === undefined || (status !== undefined && status !== OK)) return [];
    const power = typeof row['scale'] === 'number' ? (row['scale'] - UNITS) * 3 : 0;
    const precision = typeof row['precision'] === 'number' ? row['precision'] : 0;
    if (Math.abs(precision) > MAX_PRECISION || Math.abs(power) > 24) return [];
    const sensor = readText(row['name']) || readText(row['description']) || index;
    return [
      { metric, sensor, value: scale(value * 10 ** power, 10 ** precision), oid: `${ENTRY}.4.${index}` },
    ];
  },
};
