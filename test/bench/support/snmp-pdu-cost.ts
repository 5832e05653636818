/**
 * What an answer of an SNMP agent costs in processor time, read by Fairlead and by others: the same GET of two interfaces
 * each time, and the same walk over a table of some thousand rows.Reading ends with values by object identifier; decoding
 * makes rows of them: interfaces, or what Telegraf and snmpbulkwalk write.
 */
import { execFile, spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import snmp from 'net-snmp';
import { systemClock } from '@fairlead/model';
import { createAdaptiveSize, createInterfacePoller, createSnmpTransport, walkTable } from '@fairlead/snmp';
import { requirement, temporaryFolder } from '@fairlead/testkit';

const run = promisify(execFile);
const BUILD_MS = 300_000;
const RUN_MS = 120_000;
const GETS = 10_000;
const WALKS = 10;
const REPETITIONS = 24;
const IF_X_TABLE = '1.3.6.1.2.1.31.1.1.1';
const IF_TABLE = '1.3.6.1.2.1.2.2.1';
/** What the collector asks of an interface of these agents. */
const oids = [1, 2].flatMap((index) => [
  ...[7, 8, 9, 13, 14, 19, 20].map((column) => `${IF_TABLE}.${column}.${index}`),
  ...[1, 6, 7, 8, 9, 10, 11, 12, 13, 15, 18].map((column) => `${IF_X_TABLE}.${column}.${index}`),
]);

/** Microseconds of processor time a PDU; undefined where the program is not there. */
export interface PduCost {
  readonly name: string;
  readonly readMicros: number | undefined;
  /** Reading and decoding. */
  readonly decodeMicros: number | undefined;
}

/** GETs of two interfaces. */
export async function measureGets(port: number): Promise<readonly PduCost[]> {
  return [await fairleadGets(port), await netSnmpGets(port), await gosnmp(port, 'get', GETS, oids)];
}

/** Walks over ifXTable, 24 values at once. */
export async function measureWalks(
  port: number,
  answers: () => Promise<number>,
): Promise<readonly PduCost[]> {
  return [
    await fairleadWalks(port, answers),
    await gosnmp(port, 'walk', WALKS, [IF_X_TABLE]),
    await snmpBulkWalk(port, answers),
  ];
}

async function fairleadGets(port: number): Promise<PduCost> {
  const { session, close } = openFairlead(port);
  const poller = createInterfacePoller(session, { clock: systemClock, wanted: ['ether1', 'ether2'] });
  const readMicros = await measure(GETS, () => session.get(oids));
  const decodeMicros = await measure(GETS, () => poller.poll());
  close();
  return { name: 'Fairlead', readMicros, decodeMicros };
}

async function fairleadWalks(port: number, answers: () => Promise<number>): Promise<PduCost> {
  const { session, close } = openFairlead(port);
  const walk = async (): Promise<void> => {
    for (let last = IF_X_TABLE; last.startsWith(IF_X_TABLE);) {
      const bindings = await session.getBulk([last], { maxRepetitions: REPETITIONS });
      const end = bindings.at(-1);
      last = end?.value === undefined ? '' : end.oid;
    }
  };
  const columns = Object.fromEntries(
    [1, 6, 7, 8, 9, 10, 11, 12, 13, 15, 18].map((column) => [column, `${IF_X_TABLE}.${column}`]),
  );
  const repetitions = createAdaptiveSize({ first: REPETITIONS, max: REPETITIONS });
  const toRows = async (): Promise<void> => {
    await walkTable(session, columns, { repetitions, remainingMs: () => 60_000 });
  };
  const perPdu = async (what: () => Promise<void>): Promise<number> => {
    const before = await answers();
    await what();
    const pdus = (await answers()) - before;
    return (await measure(WALKS, what)) / pdus;
  };
  const cost = { name: 'Fairlead', readMicros: await perPdu(walk), decodeMicros: await perPdu(toRows) };
  close();
  return cost;
}

async function netSnmpGets(port: number): Promise<PduCost> {
  const session = new snmp.Session('127.0.0.1', 'public', { version: snmp.Version2c, port, timeout: 5_000 });
  const ask = (): Promise<void> =>
    new Promise((done, reject) => session.get(oids, (error) => (error ? reject(error) : done())));
  const readMicros = await measure(GETS, ask);
  session.close();
  return { name: 'net-snmp (npm)', readMicros, decodeMicros: undefined };
}

/** The library that Telegraf reads SNMP by, with what Telegraf makes of an answer; built where Go is. */
async function gosnmp(
  port: number,
  what: 'get' | 'walk',
  times: number,
  asked: readonly string[],
): Promise<PduCost> {
  const name = 'gosnmp, as Telegraf';
  if (!requirement('go').met || !isGoRecent())
    return { name, readMicros: undefined, decodeMicros: undefined };
  const folder = temporaryFolder();
  cpSync(join(import.meta.dirname, 'gosnmp-reader'), folder.path, { recursive: true });
  const reader = join(folder.path, 'reader');
  const env = { ...process.env, GOFLAGS: '-mod=mod' };
  await run('go', ['build', '-o', reader, '.'], { cwd: folder.path, env, timeout: BUILD_MS });
  const { stdout } = await run(reader, [String(port), what, String(times), ...asked], { timeout: RUN_MS });
  folder.remove();
  const { readMicros, decodeMicros } = JSON.parse(stdout) as Omit<PduCost, 'name'>;
  return { name, readMicros, decodeMicros };
}

function isGoRecent(): boolean {
  const version = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).stdout;
  const [major = 0, minor = 0] = version.replace(/^go/, '').split('.').map(Number);
  return major > 1 || minor >= 21;
}

/** The command line of Net-SNMP, its start included, which is little beside some thousand rows. It prints what it reads. */
async function snmpBulkWalk(port: number, answers: () => Promise<number>): Promise<PduCost> {
  const name = 'snmpbulkwalk';
  if (!requirement('snmpbulkwalk').met) return { name, readMicros: undefined, decodeMicros: undefined };
  const before = await answers();
  const script = `snmpbulkwalk -v2c -c public -On -Cr${REPETITIONS} 127.0.0.1:${port} ${IF_X_TABLE} >/dev/null; cat /proc/$$/stat`;
  const { stdout } = await run('sh', ['-c', script]);
  const fields = stdout.slice(stdout.lastIndexOf(')') + 2).split(' ');
  // Fields 16 and 17 of stat(5): the processor time of children that have ended, in hundredths of a second.
  const cpuSeconds = (Number(fields[13]) + Number(fields[14])) / 100;
  return { name, readMicros: undefined, decodeMicros: (cpuSeconds * 1e6) / ((await answers()) - before) };
}

/** Microseconds of this process each time, one after the other, as the Go program asks, after a tenth to warm up. */
async function measure(times: number, what: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < times / 10; i += 1) await what();
  const start = process.cpuUsage();
  for (let i = 0; i < times; i += 1) await what();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / times;
}

function openFairlead(port: number) {
  const transport = createSnmpTransport();
  const access = { community: 'public' };
  const session = transport.openSession({ host: '127.0.0.1', port, access, timeoutMs: 5_000, retries: 1 });
  return { session, close: transport.close };
}
