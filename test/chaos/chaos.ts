import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventLog } from '@fairlead/event-log';
import { topics } from '@fairlead/topics';
import { freeUdpPort, until } from '@fairlead/testkit';
import { readMetrics } from '../e2e/support/fairlead-process.ts';
import { chooseFault, type Fault, faultsOf, longFaults, type World } from './support/faults.ts';
import { startFaultyProxy } from './support/faulty-proxy.ts';
import { createUnit, FAIRLEAD, type Unit } from './support/fleet.ts';
import { embeddedUnderTest, kafkaUnderTest } from './support/log-under-test.ts';
import { startProducer } from './support/producer.ts';
import { createRandom, type Random } from './support/random.ts';
import { compare, type Comparison } from './support/verify.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly faults: number;
  /** How long the long faults last. */
  readonly longMs: number;
  readonly log: 'embedded' | 'kafka';
  /** Holds everything, what the processes say too. */
  readonly folder: string;
  /** Told of each fault as it begins. */
  readonly onFault: (number: number, name: string) => void;
}

export interface ChaosTotals extends Omit<Comparison, 'sums'> {
  readonly seed: number;
  readonly log: string;
  readonly faults: number;
  readonly byFault: Readonly<Record<string, number>>;
  readonly sumsEqual: boolean;
  /** Appends of which the log did not say how they ended. */
  readonly unsure: number;
  readonly datagramsSent: number;
  /** Datagrams of the collector's last life: what it received is what it stored and what it dropped. */
  readonly collector: { readonly received: number; readonly stored: number; readonly dropped: number };
  /** How often a process ended by itself and was started again. */
  readonly ownExits: Readonly<Record<string, number>>;
  readonly highestRssMb: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** Faults that are under way at the same time. */
const AT_ONCE = 4;
const DRAIN_TIMEOUT_MS = 180_000;

/**
 * Runs the pipeline as separate processes, does to it what the seed says while numbered records are produced, lets it
 * come to rest and compares what went into the log with what the store holds.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosTotals> {
  const { folder, seed } = options;
  const startedAt = performance.now();
  mkdirSync(folder, { recursive: true });
  const under = options.log === 'kafka' ? await kafkaUnderTest(folder) : embeddedUnderTest(folder);
  let storeUrl = '';
  let storePort = '0';
  const store = createUnit({
    name: 'store',
    script: join(import.meta.dirname, 'support/store.child.ts'),
    args: () => [join(folder, 'store'), storePort],
    ready: /http:\/\/\S+\n/,
    logFile: join(folder, 'store.log'),
    onReady: (said) => {
      storeUrl = said.trim();
      storePort = new URL(storeUrl).port;
    },
  });
  await store.start();
  const proxy = await startFaultyProxy(() => storeUrl);
  const netflowPort = await freeUdpPort();
  let collectorUrl = '';
  const unit = (name: string, services: string): Unit =>
    createUnit({
      name,
      script: FAIRLEAD,
      args: () => ['run', '--config', join(folder, 'fairlead.yaml'), '--services', services],
      ready: /"msg":"running"/,
      logFile: join(folder, `${name}.log`),
      onReady: (said) => {
        if (services === 'netflow-collector') collectorUrl = /"url":"([^"]+)"/.exec(said)?.[1] ?? '';
      },
    });
  writeFileSync(
    join(folder, 'fairlead.yaml'),
    `dataDirectory: ${join(folder, 'data')}
http: { port: 0 }
eventLog: ${under.config}
store: { kind: clickhouse, url: "${proxy.url}" }
netflow: { port: ${netflowPort} }
writer: { maxAgeMs: 200 }
`,
  );
  const units = [
    unit('writer-1', 'clickhouse-writer'),
    unit('writer-2', 'clickhouse-writer'),
    unit('decoder-1', 'flow-decoder'),
    unit('decoder-2', 'flow-decoder'),
    unit('collector', 'netflow-collector'),
  ];
  for (const each of units) await each.start();

  const producer = await startProducer(netflowPort);
  let log: EventLog | undefined;
  const openLog = async (): Promise<void> => {
    log = await under.open();
    await log.ensureTopics([topics.syslog]);
    producer.setLog(log);
  };
  const closeLog = async (): Promise<void> => {
    producer.setLog(undefined);
    await log?.close();
  };
  await openLog();
  const sampling = setInterval(() => [...units, store].forEach((each) => each.sampleMemory()), 1_000);
  const random = createRandom(seed);
  const world: World = { units, store, proxy, log: under, closeLog, openLog, random };
  try {
    const byFault = await injectAll(world, options);
    await producer.stop();
    const [result, collector] = [
      await untilAtRest(() => compareNow(log, producer, storeUrl)),
      await readCollector(collectorUrl),
    ];
    const { sums, ...comparison } = result;
    return {
      seed,
      log: under.kind,
      faults: Object.values(byFault).reduce((sum, times) => sum + times, 0),
      ...comparison,
      byFault,
      sumsEqual: sums.rows === sums.expected,
      unsure: producer.unsure.size,
      datagramsSent: producer.datagramsSent,
      collector,
      ownExits: Object.fromEntries(units.map(({ name, ownExits }) => [name, ownExits])),
      highestRssMb: Object.fromEntries(
        [...units, store].map(({ name, highestRssBytes }) => [name, Math.round(highestRssBytes / 2 ** 20)]),
      ),
      seconds: Math.round((performance.now() - startedAt) / 1_000),
    };
  } finally {
    clearInterval(sampling);
    await producer.stop();
    await closeLog();
    await Promise.all(units.map((each) => each.kill()));
    await proxy.close();
    await store.kill();
    await under.close();
  }
}

/** Begins one fault after the other, some at once, and resolves when all are over. */
async function injectAll(world: World, options: ChaosOptions): Promise<Record<string, number>> {
  const { random } = world;
  const busy = new Set<string>();
  const underWay = new Set<Promise<void>>();
  const byFault: Record<string, number> = {};
  const long = longFaults(world, options.longMs).slice(0, options.faults);
  const faults = faultsOf(world);
  const failures: unknown[] = [];
  for (let number = 1; number <= options.faults;) {
    const fault = underWay.size < AT_ONCE ? (long.pop() ?? chooseFault(faults, busy, random)) : undefined;
    if (!fault) {
      await Promise.race(underWay);
      if (failures.length > 0) break;
      continue;
    }
    options.onFault(number, fault.name);
    number += 1;
    byFault[fault.name] = (byFault[fault.name] ?? 0) + 1;
    const running = runFault(fault, busy)
      .catch((error: unknown) => failures.push(error))
      .then(() => void underWay.delete(running));
    underWay.add(running);
    await pauseBriefly(random);
  }
  await Promise.all(underWay);
  if (failures.length > 0) throw new AggregateError(failures, 'a fault could not be undone');
  return byFault;
}

async function runFault(fault: Fault, busy: Set<string>): Promise<void> {
  for (const target of fault.targets) busy.add(target);
  try {
    await fault.run();
  } finally {
    for (const target of fault.targets) busy.delete(target);
  }
}

const pauseBriefly = (random: Random): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, random.between(50, 600)));

async function compareNow(
  log: EventLog | undefined,
  producer: Parameters<typeof compare>[1],
  storeUrl: string,
): Promise<Comparison> {
  if (!log) throw new Error('the log is not open');
  return compare(log, producer, storeUrl);
}

/** The comparison when nothing is missing any more, or the last one before the deadline. */
async function untilAtRest(ask: () => Promise<Comparison>): Promise<Comparison> {
  let last = await ask();
  const isWhole = until(
    'everything in the store',
    async () => {
      last = await ask();
      return last.lost === 0;
    },
    { timeoutMs: DRAIN_TIMEOUT_MS, everyMs: 1_000 },
  );
  await isWhole.catch(() => undefined);
  // What comes late would be a duplicate.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  return ask();
}

async function readCollector(url: string): Promise<ChaosTotals['collector']> {
  const samples = [...(await readMetrics(url))];
  const sum = (kind: string): number =>
    samples
      .filter(([name]) =>
        name.startsWith(`fairlead_${kind}_total{service="netflow-collector",unit="datagrams"`),
      )
      .reduce((all, [, value]) => all + value, 0);
  return { received: sum('received'), stored: sum('stored'), dropped: sum('dropped') };
}
