import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeUdpPort } from '@fairlead/testkit';
import { askStore, readMetrics } from '../e2e/support/fairlead-process.ts';
import { judge, type Series, type Verdict } from './support/flatness.ts';
import { readDiskUse, readProcess } from './support/measure.ts';
import { type Pipeline, startAccelerated, startPipeline } from './support/pipeline.ts';
import type { RoutersJob } from './support/routers.child.ts';
import { HORIZON_MS } from './support/scaled-retention.ts';
import { type SimulatedTime, simulatedMs } from './support/simulated-time.ts';
import { type InventoryEntry, inventoryEntry, pipelineSettings, type RouterDoors } from './support/site.ts';
import { openWalls } from './support/walls.ts';

export interface SoakOptions {
  readonly routers: number;
  readonly hours: number;
  /** How long the hours take on the machine. */
  readonly minutes: number;
  /** Holds everything, what the processes say too. */
  readonly folder: string;
  /** Ends the day before its time, which is judged then. */
  readonly ending: AbortSignal;
  /** Told of the way so far. */
  readonly onProgress: (sentence: string) => void;
}

export interface SoakResult {
  readonly routers: number;
  readonly hours: number;
  readonly factor: number;
  /** From this hour on nothing may grow. */
  readonly judgedFromHour: number;
  readonly verdicts: readonly Verdict[];
  readonly series: readonly Series[];
  /** What went through: `fairlead_stored_total` and `fairlead_dropped_total` by service and unit. */
  readonly stored: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, number>>;
  /** Rows that the store holds at the end, and hours that they reach back. */
  readonly tables: Readonly<Record<string, { readonly rows: number; readonly hoursBack: number }>>;
  readonly walls: {
    readonly messages: number;
    readonly opened: number;
    readonly ends: Readonly<Record<number, number>>;
  };
  readonly exitCode: number | null;
}

interface Sample {
  readonly hours: number;
  readonly values: Readonly<Record<string, number>>;
}

const HOUR_MS = 3_600_000;
const MIB = 2 ** 20;
const SAMPLE_MS = 2_500;
/** A collection of garbage stops the process for long, at the site's time. */
const SAMPLES_PER_HEAP = 4;
const RELOAD_MS = 40_000;
/** Routers that a reload takes away, and the next one brings back. */
const COME_AND_GO = 5;
const WALLS = 20;
/** Before it is stopped the pipeline stores what is under way, of which a hundred times as much comes as in a real day. */
const QUIET_MS = 10_000;
/** Beyond the horizon: caches and the file of the log reach their size, and a partition is let go as a whole. */
const SETTLE_HOURS = 5;
/** A table that keeps rows for longer than the horizon, a partition and some merges has not let go of them. */
export const MOST_HOURS_BACK = HORIZON_MS / HOUR_MS + 2;

/** What is measured, its unit and how much more of it in all that time is nothing: batches and merges come and go. */
const QUANTITIES = [
  ['memory', 'MiB', 12],
  ['memory without files', 'MiB', 12],
  ['heap after a collection', 'MiB', 4],
  ['external after a collection', 'MiB', 10],
  ['file handles', '', 16],
  ['sockets', '', 4],
  ['open files', '', 12],
  ['threads', '', 3],
  ['data directory', 'MiB', 6],
  ['log', 'MiB', 4],
  ['store', 'MiB', 4],
  ['files of the store', '', 300],
] as const;

/**
 * Runs the whole pipeline on a site whose day takes minutes, measures it all the while and judges whether anything grows
 * after the retention horizon.
 */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const { folder, routers, hours, minutes, onProgress } = options;
  const factor = (hours * 60) / minutes;
  const dataDirectory = join(folder, 'data');
  mkdirSync(dataDirectory, { recursive: true });
  const realStartMs = Date.now();
  const time: SimulatedTime = { realStartMs, simulatedStartMs: realStartMs - hours * HOUR_MS, factor };
  await prepare(folder, dataDirectory, time);
  const job: RoutersJob = { routers, netflowPort: await freeUdpPort(), syslogPort: await freeUdpPort() };
  const site = startAccelerated(
    join(import.meta.dirname, 'support/routers.child.ts'),
    [JSON.stringify(job)],
    {
      time,
      logFile: join(folder, 'routers.log'),
    },
  );
  try {
    const entries = await openRouters(site);
    const configure = (inventory: readonly InventoryEntry[]): void =>
      writeFileSync(
        join(folder, 'fairlead.yaml'),
        JSON.stringify({
          ...pipelineSettings,
          dataDirectory,
          netflow: { port: job.netflowPort },
          syslog: { port: job.syslogPort },
          routers: inventory,
        }),
      );
    configure(entries);
    const pipeline = await startPipeline(folder, time);
    onProgress(`${routers} routers, ${factor} times as fast; the pipeline is process ${pipeline.pid}`);
    try {
      const endSite = (): void => void site.kill('SIGKILL');
      return await watch({ ...options, time, pipeline, dataDirectory, entries, configure, endSite });
    } finally {
      await pipeline.stop();
    }
  } finally {
    site.kill('SIGKILL');
  }
}

async function prepare(folder: string, dataDirectory: string, time: SimulatedTime): Promise<void> {
  const logFile = join(folder, 'prepare.log');
  const child = startAccelerated(join(import.meta.dirname, 'support/prepare.child.ts'), [dataDirectory], {
    time,
    logFile,
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the data directory could not be made; see ${logFile}`);
}

async function openRouters(site: ReturnType<typeof startAccelerated>): Promise<readonly InventoryEntry[]> {
  const answer = once(site, 'message').then(([doors]) => doors as RouterDoors[]);
  const end = once(site, 'close').then(() => undefined);
  const doors = await Promise.race([answer, end]);
  if (!doors) throw new Error('the routers could not be started; see routers.log');
  return doors.map((door, index) => inventoryEntry(index, door));
}

async function watch(
  options: SoakOptions & {
    readonly time: SimulatedTime;
    readonly pipeline: Pipeline;
    readonly dataDirectory: string;
    readonly entries: readonly InventoryEntry[];
    readonly configure: (inventory: readonly InventoryEntry[]) => void;
    readonly endSite: () => void;
  },
): Promise<SoakResult> {
  const { routers, hours, time, pipeline, dataDirectory, entries, configure, ending, onProgress } = options;
  const walls = openWalls(pipeline.url, WALLS);
  const samples: Sample[] = [];
  const beganMs = simulatedMs(time, Date.now());
  let isWhole = true;
  let reached = 0;
  const reloading = setInterval(() => {
    isWhole = !isWhole;
    configure(isWhole ? entries : entries.slice(0, -COME_AND_GO));
    pipeline.reload();
  }, RELOAD_MS);
  try {
    for (let number = 0; ; number += 1) {
      if (!pipeline.isUp()) throw new Error(`the pipeline ended by itself; see ${options.folder}`);
      const nowMs = Date.now();
      const at = (simulatedMs(time, nowMs) - beganMs) / HOUR_MS;
      reached = at;
      if (at >= hours || ending.aborted) break;
      const sample = { hours: at, values: await measure(pipeline, dataDirectory, number) };
      samples.push(sample);
      if (number % 8 === 0) onProgress(describe(sample));
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, nowMs + SAMPLE_MS - Date.now())));
    }
  } finally {
    clearInterval(reloading);
    walls.stop();
  }
  const metrics = await readMetrics(pipeline.url);
  const tables = await readTables(pipeline.storeUrl, simulatedMs(time, Date.now()));
  const series = QUANTITIES.map(([name, unit, slack]): Series => ({
    name,
    unit,
    slack,
    points: samples.flatMap(({ hours: at, values }) =>
      values[name] === undefined ? [] : [[at, values[name]] as const],
    ),
  }));
  const judgedFromHour = HORIZON_MS / HOUR_MS + SETTLE_HOURS;
  options.endSite();
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  return {
    routers,
    hours: reached,
    factor: time.factor,
    judgedFromHour,
    verdicts: series.map((one) => judge(one, judgedFromHour)),
    series,
    stored: totals(metrics, 'stored'),
    dropped: totals(metrics, 'dropped'),
    tables,
    walls: { messages: walls.messages, opened: walls.opened, ends: walls.ends },
    exitCode: await pipeline.stop(),
  };
}

async function measure(pipeline: Pipeline, dataDirectory: string, number: number): Promise<Sample['values']> {
  const uses = new Map(
    readdirSync(dataDirectory).map((name) => [name, readDiskUse(join(dataDirectory, name))]),
  );
  const bytesOf = (name: string): number => uses.get(name)?.bytes ?? 0;
  const { rssBytes, anonymousBytes, handles, sockets, openFiles, threads } = readProcess(pipeline.pid);
  const heap = number % SAMPLES_PER_HEAP === 0 ? await pipeline.readHeap() : undefined;
  return {
    memory: rssBytes / MIB,
    'memory without files': anonymousBytes / MIB,
    ...(heap && {
      'heap after a collection': heap.heapBytes / MIB,
      'external after a collection': heap.externalBytes / MIB,
    }),
    'file handles': handles,
    sockets,
    'open files': openFiles,
    threads,
    'data directory': [...uses.keys()].reduce((sum, name) => sum + bytesOf(name), 0) / MIB,
    log: bytesOf('log') / MIB,
    store: bytesOf('store') / MIB,
    'files of the store': uses.get('store')?.files ?? 0,
  };
}

function describe({ hours, values }: Sample): string {
  const parts = Object.entries(values).map(([name, value]) => `${name} ${Math.round(value)}`);
  return `hour ${hours.toFixed(1)}: ${parts.join(', ')}`;
}

/** Sums of a ledger's counters by service, unit and, where there is one, reason. */
function totals(metrics: ReadonlyMap<string, number>, kind: 'stored' | 'dropped'): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, value] of metrics) {
    if (!name.startsWith(`fairlead_${kind}_total{`) || value === 0) continue;
    const label = (key: string): string => new RegExp(`[{,]${key}="([^"]*)"`).exec(name)?.[1] ?? '';
    const key = [label('service'), label('unit'), label('reason')].filter((part) => part !== '').join(' ');
    sums[key] = (sums[key] ?? 0) + value;
  }
  return sums;
}

async function readTables(storeUrl: string, nowMs: number): Promise<SoakResult['tables']> {
  const names = await askStore<{ name: string }>(
    storeUrl,
    "SELECT name FROM system.tables WHERE database = 'fairlead' AND create_table_query LIKE '%TTL toDateTime%' ORDER BY name",
  );
  const tables: Record<string, { rows: number; hoursBack: number }> = {};
  for (const { name } of names) {
    const [row] = await askStore<{ rows: number; oldest: number }>(
      storeUrl,
      `SELECT toUInt32(count()) AS rows, toFloat64(toUnixTimestamp(min(time))) AS oldest FROM fairlead.${name}`,
    );
    if (!row || row.rows === 0) continue;
    tables[name] = { rows: row.rows, hoursBack: (nowMs / 1_000 - row.oldest) / 3_600 };
  }
  return tables;
}
