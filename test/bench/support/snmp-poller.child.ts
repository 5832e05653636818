/**
 * The snmp-collector alone in a process: polls these agents every second for so many seconds, after ten to warm up, and
 * answers with what it took. What was stored tells which polls were complete, and when.
 */
import { createEmbeddedLog } from '@fairlead/event-log';
import { decodeFrames, fixedInventory, inventorySchema, systemClock } from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { readLedger } from '@fairlead/runtime/testing';
import { createSnmpCollector, snmpCollectorConfigSchema } from '@fairlead/snmp-collector';
import { temporaryFolder } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';

export interface PollerJob {
  readonly ports: readonly number[];
  /** How many of the first of them are counted. */
  readonly watched: number;
  readonly seconds: number;
}

export interface PollerResult {
  readonly seconds: number;
  readonly due: number;
  /** Polls with all eight interfaces. */
  readonly complete: number;
  /** Complete polls whose answer came more than an interval after the one before should have been followed. */
  readonly late: number;
  readonly cpuSeconds: number;
  /** Answers read in that time. */
  readonly pdus: number;
  /** Deviation of the time between two samples of a router from one second. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bytesPerRouter: number;
}

const INTERVAL_MS = 1_000;
const INTERFACES = 8;
const WARM_UP_MS = 10_000;

process.on('message', (job: PollerJob) => {
  void measure(job).then((result) => process.send?.(result));
});

async function measure({ ports, watched, seconds }: PollerJob): Promise<PollerResult> {
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  const emptyBytes = process.memoryUsage().rss;
  const wans = Array.from({ length: INTERFACES }, (_, i) => ({
    name: `wan${i + 1}`,
    interface: `ether${i + 1}`,
    capacity: { rx: '1G', tx: '1G' },
    routingMark: `wan${i + 1}`,
  }));
  const inventory = inventorySchema.parse(
    ports.map((port, i) => ({
      name: `gw${i}`,
      site: 'bench',
      address: '127.0.0.1',
      snmp: { port, community: 'public', intervalMs: INTERVAL_MS },
      wans,
    })),
  );
  const polls = new Map<string, number[]>();
  const counted = new Set(inventory.slice(0, watched).map(({ name }) => name));
  let isCounting = false;
  const watching: typeof log = {
    ...log,
    append(records) {
      for (const { topic, key, value } of records) {
        if (!isCounting || topic !== topics.counters.name || !counted.has(key)) continue;
        const frames = decodeFrames(topics.counters.codec, value);
        if (frames.length !== INTERFACES) continue;
        const last = frames.at(-1)?.timeMs ?? 0;
        const times = polls.get(key);
        if (times) times.push(last);
        else polls.set(key, [last]);
      }
      return log.append(records);
    },
  };
  const telemetry = createTelemetry({ level: 'silent' });
  const answers = async (): Promise<number> =>
    (await readLedger(telemetry.registry, 'snmp-collector', 'datagrams')).decoded;
  const collector = createSnmpCollector(snmpCollectorConfigSchema.parse({}), {
    log: watching,
    inventory: fixedInventory(inventory),
    clock: systemClock,
    telemetry,
  });
  await collector.start();
  await sleep(WARM_UP_MS);
  isCounting = true;
  const before = await answers();
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
  await sleep(seconds * 1_000);
  const { user, system } = process.cpuUsage(cpu);
  const elapsedSeconds = (performance.now() - startedMs) / 1_000;
  isCounting = false;
  const pdus = (await answers()) - before;
  const bytesPerRouter = (process.memoryUsage().rss - emptyBytes) / ports.length;
  await collector.stop();
  await log.close();
  folder.remove();
  const gaps = [...polls.values()].flatMap((times) =>
    times.slice(1).map((timeMs, i) => timeMs - (times[i] ?? timeMs)),
  );
  const deviations = gaps.map((gapMs) => Math.abs(gapMs - INTERVAL_MS)).sort((a, b) => a - b);
  const complete = [...polls.values()].reduce((sum, times) => sum + times.length, 0);
  return {
    seconds: elapsedSeconds,
    due: watched * Math.floor(elapsedSeconds),
    complete: Math.min(complete, watched * Math.floor(elapsedSeconds)),
    late: gaps.filter((gapMs) => gapMs > 2 * INTERVAL_MS).length,
    cpuSeconds: (user + system) / 1e6,
    pdus,
    p50Ms: deviations[Math.floor(deviations.length * 0.5)] ?? NaN,
    p99Ms: deviations[Math.floor(deviations.length * 0.99)] ?? NaN,
    bytesPerRouter,
  };
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
