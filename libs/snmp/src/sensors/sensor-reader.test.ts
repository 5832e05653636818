import { afterEach, describe, expect, it } from 'vitest';
import { createAdaptiveSize } from '../adaptive-size.ts';
import { openTableAgent, type TableAgent, type TableRow } from '../testing/index.ts';
import { createSnmpTransport } from '../transport.ts';
import type { AgentFault } from '../walk.ts';
import type { Sensor } from './sensor.ts';
import { readAllSensors } from './sensor-reader.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function agent(rows: readonly TableRow[], options = {}): Promise<TableAgent> {
  const made = await openTableAgent(rows, options);
  opened.push(made.close);
  return made;
}

async function read(port: number, faults: AgentFault[] = [], timeoutMs = 2_000) {
  const transport = createSnmpTransport();
  opened.push(transport.close);
  const access = { community: 'public' };
  const session = transport.openSession({ host: '127.0.0.1', port, access, timeoutMs, retries: 0 });
  const repetitions = createAdaptiveSize({ first: 10, max: 40 });
  return readAllSensors(session, { repetitions, onFault: (fault) => faults.push(fault) }, 10_000);
}

const text = (oid: string, value: string): TableRow => ({ oid, tag: 4, value: Buffer.from(value, 'latin1') });
const integer = (oid: string, value: bigint): TableRow => ({ oid, tag: 2, value });
const gauge = (oid: string, value: bigint): TableRow => ({ oid, tag: 66, value });
const short = ({ metric, sensor, value, state }: Sensor) => [
  metric,
  sensor,
  value,
  ...(state ? [state] : []),
];

const GAUGE = '1.3.6.1.4.1.14988.1.1.3.100.1';
const ENTITY = '1.3.6.1.2.1.99.1.1.1';
const STORAGE = '1.3.6.1.2.1.25.2.3.1';

describe('sensors', () => {
  it('below zero, though the agent calls them a Gauge32', async () => {
    const { port } = await agent([
      text(`${GAUGE}.2.14`, 'Außen\0'),
      gauge(`${GAUGE}.3.14`, 2n ** 32n - 5n),
      integer(`${GAUGE}.4.14`, 1n),
      text(`${GAUGE}.2.15`, 'later'),
      integer(`${GAUGE}.3.15`, 7n),
      integer(`${GAUGE}.4.15`, 99n),
    ]);
    const { sensors } = await read(port);
    expect(sensors.map(short)).toEqual([['temperature_celsius', 'Außen', -5]]);
  });

  it('of several supplies and fans by ENTITY-SENSOR-MIB, with scale and precision, those out of order left out', async () => {
    const row = (index: number, [type, scale, precision, value, status]: readonly bigint[], name: string) => [
      ...[type, scale, precision, value, status].map((cell, i) =>
        integer(`${ENTITY}.${i + 1}.${index}`, cell ?? 0n),
      ),
      text(`1.3.6.1.2.1.47.1.1.1.1.7.${index}`, name),
    ];
    const { port } = await agent([
      ...row(1001, [4n, 8n, 1n, 120_500n, 1n], 'PSU 1'),
      ...row(1002, [4n, 8n, 1n, 119_900n, 1n], 'PSU 2'),
      ...row(1003, [10n, 9n, 0n, 5_400n, 1n], 'Fan 1'),
      ...row(1004, [10n, 9n, 0n, 0n, 2n], 'Fan 2'),
      ...row(1005, [8n, 9n, 0n, -12n, 1n], 'Inlet'),
    ]);
    const { sensors } = await read(port);
    expect(sensors.map(short)).toEqual([
      ['voltage_volts', 'PSU 1', 12.05],
      ['voltage_volts', 'PSU 2', 11.99],
      ['fan_rpm', 'Fan 1', 5_400],
      ['temperature_celsius', 'Inlet', -12],
    ]);
  });

  it('of a disk so large that its size is negative', async () => {
    const { port } = await agent([
      { oid: `${STORAGE}.2.9`, tag: 4, value: Buffer.from('not an identifier') },
      text(`${STORAGE}.3.9`, '/srv'),
      integer(`${STORAGE}.4.9`, 4_096n),
      integer(`${STORAGE}.5.9`, -(2n ** 31n)),
      integer(`${STORAGE}.6.9`, 10n),
    ]);
    const { sensors } = await read(port);
    expect(sensors.map(short)).toEqual([
      ['storage_total_bytes', '/srv', 2 ** 31 * 4_096],
      ['storage_used_bytes', '/srv', 40_960],
    ]);
  });

  it('that the agent does not know are absent, not 0', async () => {
    const LTE = '1.3.6.1.4.1.14988.1.1.16.1.1';
    const { port } = await agent([
      integer(`${LTE}.4.3`, 0n),
      integer(`${LTE}.7.3`, 0n),
      text(`${LTE}.2.3`, 'x'),
    ]);
    const { sensors } = await read(port);
    expect(sensors.map(short)).toEqual([['lte_sinr_db', '3', 0]]);
  });

  it('of a modem and of a radio that have not every column', async () => {
    const { port } = await agent([
      text('1.3.6.1.4.1.14988.1.1.1.1.1.5.23', 'uplink'),
      integer('1.3.6.1.4.1.14988.1.1.1.1.1.4.23', -47n),
      integer('1.3.6.1.4.1.14988.1.1.1.1.1.7.23', 5_745n),
      { oid: '1.3.6.1.4.1.14988.1.1.1.1.1.10.23', tag: 65, value: 80n },
      text('1.3.6.1.4.1.14988.1.1.1.3.1.4.5', 'cell'),
      gauge('1.3.6.1.4.1.14988.1.1.1.3.1.2.5', 2_402_000_000n),
      gauge('1.3.6.1.4.1.14988.1.1.1.3.1.3.5', 60_000_000n),
      integer('1.3.6.1.4.1.14988.1.1.16.1.1.4.1', -97n),
    ]);
    const { sensors } = await read(port);
    expect(sensors.map(short)).toEqual([
      ['lte_rsrp_dbm', '1', -97],
      ['wireless_rssi_dbm', 'uplink', -47],
      ['wireless_frequency_hertz', 'uplink', 5_745_000_000],
      ['wireless_rx_ccq_percent', 'uplink', 80],
      ['wireless_tx_rate_bps', 'cell', 2_402_000_000],
      ['wireless_rx_rate_bps', 'cell', 60_000_000],
    ]);
  });

  it('of an agent that cuts its answers to almost nothing', async () => {
    const loads = Array.from({ length: 8 }, (_, i) => integer(`1.3.6.1.2.1.25.3.3.1.2.${i + 1}`, BigInt(i)));
    const { port } = await agent([...loads, gauge('1.3.6.1.4.1.14988.1.1.3.8.0', 243n)], {
      maxMessageBytes: 700,
    });
    const { sensors } = await read(port);
    expect(sensors.map(({ value }) => value)).toEqual([24.3, 0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('of an agent that does not answer are none, with the reason', async () => {
    const silent = Object.assign(await agent([]), { silent: true });
    const { sensors, error } = await read(silent.port, [], 50);
    expect(sensors).toEqual([]);
    expect(error).toMatchObject({ kind: 'timeout' });
  });
});
