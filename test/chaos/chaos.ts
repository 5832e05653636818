import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EventLog } from '@fairlead/event-log';
import { topics } from '@fairlead/topics';
import { freeUdpPort, until } from '@fairlead/testkit';
import { type EdgeFindings, startEdgeRouter } from './support/edge-router.ts';
import { chooseFault, type Fault, faultsOf, longFaults, type World } from './support/faults.ts';
import { startFaultyProxy } from './support/faulty-proxy.ts';
import { createUnit, FAIRLEAD, type Unit } from './support/fleet.ts';
import { type LiveClient, startLiveClient } from './support/live-client.ts';
import { embeddedUnderTest, kafkaUnderTest } from './support/log-under-test.ts';
import { startProducer } from './support/producer.ts';
import { createRandom, type Random } from './support/random.ts';
import { type Books, createReceiving, readBooks, type Window } from './support/receiving.ts';
import {
  FLEET,
  FLOW_COLLECTOR,
  GATEWAY,
  POLLERS,
  SYSLOG_COLLECTOR,
  writeConfigurations,
} from './support/site.ts';
import { mountSmallDisk } from './support/small-disk.ts';
import { type Comparison, createVerifier, type Sum, type Tally } from './support/verify.ts';

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

type Total = Omit<Tally, 'wrongIds'>;

export interface ChaosTotals extends Total {
  readonly seed: number;
  readonly log: string;
  readonly faults: number;
  readonly byFault: Readonly<Record<string, number>>;
  readonly kinds: Comparison['kinds'];
  readonly sums: Readonly<Record<string, Sum>>;
  /** Appends of which the log did not say how they ended. */
  readonly unsure: number;
  /** Flow datagrams that were sent, and that the log holds: between two lives of a collector nobody receives. */
  readonly flowDatagrams: { readonly sent: number; readonly inLog: number };
  /** Times in which the collector of flows lived on: what of the sent is missing is what it dropped. */
  readonly windows: readonly {
    readonly name: string;
    readonly sent: number;
    readonly missing: number;
    readonly dropped: number;
  }[];
  /** Datagrams of the collectors' last lives: what they received is what they stored and what they dropped. */
  readonly collectors: Readonly<Record<string, Books>>;
  /** What the armed router was told, and what it says. */
  readonly edge: EdgeFindings;
  /** How often the client of the live gateway came back, and what came to it out of its turn. */
  readonly live: Pick<LiveClient, 'connections' | 'outOfSequence'>;
  /** Starts that were refused because the file of the log was cut off, as they have to be. */
  readonly refusedStarts: number;
  /** How often a process ended by itself and was started again. */
  readonly ownExits: Readonly<Record<string, number>>;
  readonly highestRssMb: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** Faults that are under way at the same time. */
const AT_ONCE = 5;
/** The tenth fault, and then each after so many, is one that has the fleet to itself, for which chance would hardly make room. */
const ALONE = { first: 10, every: 30 };
const DRAIN_TIMEOUT_MS = 180_000;
/** Room of the spools. */
const SPOOL_DISK_MB = 16;

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
  const ports = { netflow: await freeUdpPort(), syslog: await freeUdpPort() };
  const spoolDisk =
    options.log === 'kafka' ? mountSmallDisk(join(folder, 'data/spool'), SPOOL_DISK_MB) : undefined;
  const edge = await startEdgeRouter();
  const fileOf = writeConfigurations(folder, { log: under, storeUrl: proxy.url, ports, edge });
  const urls = new Map<string, string>();
  const unit = (name: string, services: string): Unit =>
    createUnit({
      name,
      script: FAIRLEAD,
      args: () => ['run', '--config', fileOf(name), '--services', services],
      ready: /"msg":"running"/,
      logFile: join(folder, `${name}.log`),
      onReady: (said) => urls.set(name, /"url":"([^"]+)"/.exec(said)?.[1] ?? ''),
    });
  const units = Object.entries(FLEET).map(([name, services]) => unit(name, services));
  await Promise.all(units.map((each) => each.start()));
  const booksOf = (name: string): Promise<Books> => readBooks(urls.get(name) ?? '', name);

  const producer = await startProducer(ports);
  const receiving = createReceiving(
    () => booksOf(FLOW_COLLECTOR),
    () => producer.flowsSent,
  );
  const live = startLiveClient(() => urls.get(GATEWAY) ?? '');
  const verifier = createVerifier(live, edge);
  let log: EventLog | undefined;
  const openLog = async (): Promise<void> => {
    log = await under.open();
    await log.ensureTopics([topics.syslog, topics.counters]);
    producer.setLog(log);
  };
  const closeLog = async (): Promise<void> => {
    producer.setLog(undefined);
    await log?.close();
  };
  await openLog();
  const sampling = setInterval(() => [...units, store].forEach((each) => each.sampleMemory()), 1_000);
  const random = createRandom(seed);
  const world: World = {
    ...{ units, store, proxy, log: under, spoolDisk, closeLog, openLog, random },
    collector: { name: FLOW_COLLECTOR, receiving, spool: join(folder, 'data/spool', FLOW_COLLECTOR) },
    producer,
    configuration: fileOf(FLOW_COLLECTOR),
    refusedStarts: 0,
  };
  try {
    const byFault = await injectAll(world, options);
    await producer.stop();
    // What is polled would go on for ever.
    await Promise.all(units.filter(({ name }) => POLLERS.includes(name)).map((each) => each.stop()));
    const { kinds, sums, flowsInLog, actuations } = await untilAtRest(() => {
      if (!log) throw new Error('the log is not open');
      return verifier.compare(log, producer, storeUrl);
    });
    const collectors: Record<string, Books> = {};
    for (const name of [FLOW_COLLECTOR, SYSLOG_COLLECTOR]) collectors[name] = await booksOf(name);
    return {
      seed,
      log: under.kind,
      faults: Object.values(byFault).reduce((sum, times) => sum + times, 0),
      ...addUp(Object.values(kinds)),
      ...{ byFault, kinds, sums, collectors },
      unsure: producer.unsure.size,
      flowDatagrams: { sent: producer.flowsSent, inLog: flowsInLog.size },
      windows: receiving.windows.map((window) => judgeWindow(window, flowsInLog)),
      edge: edge.check(actuations),
      live: { connections: live.connections, outOfSequence: live.outOfSequence },
      refusedStarts: world.refusedStarts,
      ownExits: Object.fromEntries(units.map(({ name, ownExits }) => [name, ownExits])),
      highestRssMb: Object.fromEntries(
        [...units, store].map(({ name, highestRssBytes }) => [name, Math.round(highestRssBytes / 2 ** 20)]),
      ),
      seconds: Math.round((performance.now() - startedAt) / 1_000),
    };
  } finally {
    clearInterval(sampling);
    live.close();
    await producer.stop();
    await closeLog();
    await Promise.all(units.map((each) => each.kill()));
    await edge.stop();
    await proxy.close();
    await store.kill();
    await under.close();
    spoolDisk?.remove();
  }
}

function addUp(tallies: readonly Tally[]): Total {
  const sum = (of: keyof Total): number => tallies.reduce((all, tally) => all + tally[of], 0);
  return {
    recordsIn: sum('recordsIn'),
    stored: sum('stored'),
    lost: sum('lost'),
    duplicated: sum('duplicated'),
  };
}

function judgeWindow(
  { name, firstNumber, lastNumber, dropped }: Window,
  inLog: ReadonlySet<number>,
): ChaosTotals['windows'][number] {
  let missing = 0;
  for (let number = firstNumber; number <= lastNumber; number += 1) if (!inLog.has(number)) missing += 1;
  return { name, sent: lastNumber - firstNumber + 1, missing, dropped };
}

/** Begins one fault after the other, some at once, and resolves when all are over. */
async function injectAll(world: World, options: ChaosOptions): Promise<Record<string, number>> {
  const { random } = world;
  const busy = new Set<string>();
  const underWay = new Set<Promise<void>>();
  const byFault: Record<string, number> = {};
  const long = longFaults(world, options.longMs).slice(0, options.faults);
  const faults = faultsOf(world);
  const alone = faults.filter(({ isAlone }) => isAlone);
  const failures: unknown[] = [];
  let isAlone = false;
  const next = (number: number): Fault | undefined => {
    if (isAlone && underWay.size > 0) return undefined;
    isAlone = number % ALONE.every === ALONE.first;
    if (isAlone) {
      return underWay.size === 0 ? alone[Math.floor(number / ALONE.every) % alone.length] : undefined;
    }
    return underWay.size < AT_ONCE ? (long.pop() ?? chooseFault(faults, busy, random)) : undefined;
  };
  for (let number = 1; number <= options.faults;) {
    const fault = next(number);
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

/** The comparison when nothing is missing any more, or the last one before the deadline. */
async function untilAtRest(ask: () => Promise<Comparison>): Promise<Comparison> {
  let last = await ask();
  const isWhole = until(
    'everything in the store',
    async () => {
      last = await ask();
      return Object.values(last.kinds).every(({ lost }) => lost === 0);
    },
    { timeoutMs: DRAIN_TIMEOUT_MS, everyMs: 1_000 },
  );
  await isWhole.catch(() => undefined);
  // What comes late would be a duplicate.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  return ask();
}
