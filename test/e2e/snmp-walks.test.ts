import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@fairlead/model';
import {
  createAdaptiveSize,
  createInterfacePoller,
  createSnmpTransport,
  type InterfaceReading,
  readAllSensors,
  type Sensor,
  type SnmpSession,
} from '@fairlead/snmp';
import { capturesFolder, freeUdpPort, requirement, temporaryFolder, until } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExpectedPort, type ExpectedSensor, expectedOf, toFairleadUnit } from './support/librenms.ts';

/**
 * Real RouterOS walks, served by snmpsim, which knows nothing of this project, and read by our collector's own poller and
 * sensor reader; held against what LibreNMS makes of the same walks: every row and
 * every sensor that it has, without exception. We read more of them (frequencies, supplies, LTE technology), which it leaves out.
 */
const captures = capturesFolder();
const need = requirement('snmpsim-command-responder');
const folder = temporaryFolder();
const transport = createSnmpTransport();
let port = 0;
let stop = async (): Promise<void> => undefined;

beforeAll(async () => {
  if (!captures.met || !need.met) return;
  port = await freeUdpPort();
  const data = join(folder.path, 'data');
  mkdirSync(data);
  for (const file of readdirSync(join(captures.path, 'snmp')).filter((name) => name.endsWith('.snmprec'))) {
    const text = readFileSync(join(captures.path, 'snmp', file), 'utf8');
    writeFileSync(join(data, file), `${text.trimEnd()}\n`);
  }
  // As root it wants to be told that it may stay so.
  const asRoot = process.getuid?.() === 0 ? ['--process-user=root', '--process-group=root'] : [];
  const responder = spawn(
    'snmpsim-command-responder',
    [
      `--data-dir=${data}`,
      `--cache-dir=${join(folder.path, 'cache')}`,
      `--agent-udpv4-endpoint=127.0.0.1:${port}`,
      '--log-level=error',
      ...asRoot,
    ],
    { stdio: 'ignore', env: { ...process.env, HOME: folder.path } },
  );
  stop = async () => {
    if (responder.exitCode !== null) return;
    const ended = once(responder, 'exit');
    responder.kill('SIGTERM');
    await ended;
  };
  const probe = sessionOf('routeros');
  await until('snmpsim answers', () => probe.get(['1.3.6.1.2.1.1.1.0']).catch(() => undefined));
});

afterAll(async () => {
  await stop();
  transport.close();
  folder.remove();
});

/** snmpsim gives each recording a community of its name. */
function sessionOf(community: string): SnmpSession {
  return transport.openSession({
    host: '127.0.0.1',
    port,
    access: { community },
    timeoutMs: 10_000,
    retries: 1,
  });
}

async function readInterfaces(session: SnmpSession): Promise<InterfaceReading[]> {
  const polls = await createInterfacePoller(session, { clock: systemClock }).poll(60_000);
  return polls.flatMap((poll) => [...poll.interfaces]);
}

async function readSensors(session: SnmpSession): Promise<readonly Sensor[]> {
  const repetitions = createAdaptiveSize({ first: 20, max: 40 });
  const { sensors, error } = await readAllSensors(session, { repetitions }, 60_000);
  expect(error).toBeUndefined();
  return sensors;
}

const routers = [
  ['routeros', 11, 41],
  ['routeros_crs317', 20, 69],
  ['routeros_rb750gr3', 14, 17],
  ['routeros_wifi', 4, 16],
  ['routeros_ltap-mini', 0, 7],
  ['routeros_rb2011il', 0, 0],
] as const;

describe.each(routers)('%s as LibreNMS reads it', (name, ports, sensors) => {
  it('interfaces', async (ctx) => {
    if (!captures.met) return ctx.skip(captures.reason);
    if (!need.met) return ctx.skip(need.reason);
    const expected = expectedOf(captures.path, name).ports;
    expect(expected).toHaveLength(ports);
    const readings = new Map(
      (await readInterfaces(sessionOf(name))).map((reading) => [reading.ifIndex, reading]),
    );
    for (const entry of expected) expect(readings.get(entry.ifIndex)).toEqual(asReading(entry, readings));
  });

  it('sensors, processors, memory and storage', async (ctx) => {
    if (!captures.met) return ctx.skip(captures.reason);
    if (!need.met) return ctx.skip(need.reason);
    const expected = expectedOf(captures.path, name).sensors;
    expect(expected).toHaveLength(sensors);
    const read = new Map((await readSensors(sessionOf(name))).map((sensor) => [sensor.oid, sensor]));
    const differing = expected.flatMap((entry) => {
      const ours = read.get(entry.oid);
      const wanted = asSensor(entry);
      const seen = ours && { value: ours.value, named: isNamed(entry, ours), state: comparable(ours.state) };
      const same = JSON.stringify(seen) === JSON.stringify({ ...wanted, named: true });
      return same ? [] : [{ entry, wanted, seen: ours ?? 'not read' }];
    });
    expect(differing).toEqual([]);
  });
});

describe.each(['routeros_1', 'routeros_rb952ui'])('%s, which has only a system group', (name) => {
  it('has no interface and no sensor', async (ctx) => {
    if (!captures.met) return ctx.skip(captures.reason);
    if (!need.met) return ctx.skip(need.reason);
    expect(await readInterfaces(sessionOf(name))).toEqual([]);
    expect(await readSensors(sessionOf(name))).toEqual([]);
  });
});

function asReading(entry: ExpectedPort, readings: ReadonlyMap<number, InterfaceReading>): InterfaceReading {
  const ours = readings.get(entry.ifIndex);
  return {
    ifIndex: entry.ifIndex,
    name: entry.ifName,
    // LibreNMS shows the name where there is no alias.
    alias: entry.ifAlias === entry.ifName && !ours?.alias ? undefined : entry.ifAlias,
    running: entry.ifOperStatus === 'up',
    enabled: entry.ifAdminStatus === 'up',
    speedBps: entry.ifSpeed === null ? undefined : BigInt(entry.ifSpeed),
    counterBits: undefined,
    lastChangeUptimeMs: entry.ifLastChange * 10,
    rxBytes: BigInt(entry.ifInOctets),
    txBytes: BigInt(entry.ifOutOctets),
    rxPackets: BigInt(entry.ifInUcastPkts + entry.ifInMulticastPkts + entry.ifInBroadcastPkts),
    txPackets: BigInt(entry.ifOutUcastPkts + entry.ifOutMulticastPkts + entry.ifOutBroadcastPkts),
    rxErrors: BigInt(entry.ifInErrors),
    txErrors: BigInt(entry.ifOutErrors),
    rxDrops: BigInt(entry.ifInDiscards),
    txDrops: BigInt(entry.ifOutDiscards),
  };
}

const asSensor = (entry: ExpectedSensor) => ({
  value: toFairleadUnit(entry),
  named: true,
  state: comparable(entry.state),
});

/** LibreNMS describes a sensor in a sentence of its own; what the device calls it stands in it. */
const isNamed = (entry: ExpectedSensor, ours: Sensor): boolean =>
  /^\d+$/.test(ours.sensor) || entry.isDescribedByLibreNms || entry.description.includes(ours.sensor);

const comparable = (state: string | undefined): string | undefined =>
  state?.toLowerCase().replaceAll(/[^a-z]/g, '');
