/**
 * The RouterOS collector with many routers, each read every second over a session of its own: how many readings are late,
 * what one costs, and what a router takes of memory. Then the same again with routers among them that never answer,
 * answer after 5 s or send garbage, and as many healthy ones without them: the time of a reading must be the same.
 *
 * A reading is timed from when it was due until its counters are handed to the log. The routers are another process;
 * processor time is that of the collector alone.
 *
 * `--routers 1000`, `--seconds 60`, `--silent 100 --slow 50 --garbage 10`.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { EventLog } from '@fairlead/event-log';
import { createInventoryHolder, type Inventory, inventorySchema, systemClock } from '@fairlead/model';
import { createRouterosCollector, routerosCollectorConfigSchema } from '@fairlead/routeros-collector';
import { createTelemetry } from '@fairlead/runtime';
import { report } from './support/report.ts';

const { values: options } = parseArgs({
  options: {
    routers: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
    silent: { type: 'string', default: '100' },
    slow: { type: 'string', default: '50' },
    garbage: { type: 'string', default: '10' },
    json: { type: 'boolean' },
    /** For the process of one run. */
    apart: { type: 'boolean' },
  },
});
const ROUTERS = Number(options.routers);
const SECONDS = Number(options.seconds);
const INTERVAL_MS = 1_000;
/** Sessions are opened, states read, and the failing routers left alone by then. */
const WARM_UP_MS = 15_000;
const BAD = { silent: Number(options.silent), slow: Number(options.slow), garbage: Number(options.garbage) };

interface Run {
  /** Milliseconds from due to logged, of every reading. */
  readonly cycles: readonly number[];
  readonly expected: number;
  readonly cpuMicrosPerPoll: number;
  readonly cpuShare: number;
  readonly bytesPerRouter: number;
}

async function measure(bad: Readonly<Record<string, number>>): Promise<Run> {
  const routers = fork(join(import.meta.dirname, 'support/api-routers.child.ts'), {
    execArgv: ['--import', import.meta.resolve('tsx')],
  });
  const ask = <T>(message: string): Promise<T> =>
    new Promise((resolve) => {
      routers.once('message', (answer) => resolve(answer as T));
      routers.send(message);
    });
  const { port } = await ask<{ port: number }>('listen');
  const users = Object.entries(bad).flatMap(([user, count]) => Array<string>(count).fill(user));
  const healthy = ROUTERS - users.length;
  const inventory = createInventoryHolder(describeRouters(port, users));

  const telemetry = createTelemetry({ level: 'silent' });
  let isMeasuring = false;
  const cycles: number[] = [];
  const log = {
    append: async () => [],
    subscribe: async () => ({ stop: async () => undefined }),
  } as unknown as EventLog;
  globalThis.gc?.();
  const memoryBefore = process.memoryUsage();
  const collector = createRouterosCollector(routerosCollectorConfigSchema.parse({}), {
    log,
    inventory,
    clock: systemClock,
    telemetry,
  });
  const histogram = telemetry.registry.getSingleMetric('fairlead_routeros_poll_seconds') as unknown as {
    observe: (seconds: number) => void;
  };
  const observe = histogram.observe.bind(histogram);
  histogram.observe = (seconds) => {
    if (isMeasuring) cycles.push(seconds * 1_000);
    observe(seconds);
  };

  await collector.start();
  await sleep(WARM_UP_MS);
  isMeasuring = true;
  const cpuBefore = process.cpuUsage();
  await sleep(SECONDS * 1_000);
  isMeasuring = false;
  const { user, system } = process.cpuUsage(cpuBefore);
  globalThis.gc?.();
  const memory = process.memoryUsage();
  await collector.stop();
  routers.disconnect();
  const bytes = (of: NodeJS.MemoryUsage): number => of.heapUsed + of.external;
  return {
    cycles: cycles.sort((a, b) => a - b),
    expected: healthy * SECONDS,
    cpuMicrosPerPoll: (user + system) / Math.max(1, cycles.length),
    cpuShare: (user + system) / (SECONDS * 1e6),
    bytesPerRouter: (bytes(memory) - bytes(memoryBefore)) / ROUTERS,
  };
}

function describeRouters(port: number, users: readonly string[]): Inventory {
  // The bad ones stand among the others.
  const step = users.length > 0 ? Math.floor(ROUTERS / users.length) : 0;
  return inventorySchema.parse(
    Array.from({ length: ROUTERS }, (_, i) => ({
      name: `gw${i}`,
      site: 's1',
      address: '127.0.0.1',
      api: {
        port,
        tls: false,
        user: (step > 0 && i % step === 0 && users[i / step]) || 'reader',
        password: 'p',
        intervalMs: INTERVAL_MS,
      },
      steering: {},
      wans: [1, 2].map((n) => ({
        name: `ISP${n}`,
        interface: `ether${n}`,
        capacity: { rx: '100M', tx: '20M' },
        routingMark: `ISP${n}_Route`,
      })),
    })),
  );
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/** Readings that were skipped, or done after the next was due. */
const lateShare = ({ cycles, expected }: Run): number => {
  const inTime = cycles.filter((ms) => ms <= INTERVAL_MS).length;
  return Math.max(0, 1 - inTime / expected);
};

function describe(what: string, run: Run): void {
  const line = [50, 95, 99, 99.9]
    .map((p) => `p${p} ${percentile(run.cycles, p / 100).toFixed(1)} ms`)
    .join(', ');
  process.stderr.write(
    `${what}: ${run.cycles.length} readings of ${run.expected}, late ${(lateShare(run) * 100).toFixed(3)} %, ${line}, ` +
      `${run.cpuMicrosPerPoll.toFixed(0)} µs a reading, ${(run.cpuShare * 100).toFixed(0)} % of a core, ` +
      `${(run.bytesPerRouter / 1_024).toFixed(0)} KiB a router\n`,
  );
}

/** Each run in a process of its own: the second would find compiled what the first had to. */
function measureApart(bad: Readonly<Record<string, number>>, routers = ROUTERS): Promise<Run> {
  const child = fork(
    import.meta.filename,
    [...process.argv.slice(2), '--routers', String(routers), '--apart'],
    {
      execArgv: ['--expose-gc', '--import', import.meta.resolve('tsx')],
    },
  );
  return new Promise((resolve, reject) => {
    child.once('message', (run) => resolve(run as Run));
    child.once('exit', (code) => reject(new Error(`the run ended with ${code}`)));
    child.send(bad);
  });
}

if (options.apart) {
  process.once('message', (bad) => {
    void measure(bad as Record<string, number>).then((run) => process.send?.(run, () => process.exit()));
  });
} else {
  describe(`${ROUTERS} healthy routers`, await measureApart({}));
  const healthy = ROUTERS - BAD.silent - BAD.slow - BAD.garbage;
  const alone = await measureApart({}, healthy);
  describe(`${healthy} healthy routers`, alone);
  const among = await measureApart(BAD);
  describe(`the same, and ${BAD.silent} silent, ${BAD.slow} slow, ${BAD.garbage} sending garbage`, among);
  report([
    {
      name: 'routeros-poll-p99',
      value: percentile(among.cycles, 0.99),
      unit: 'ms',
      peer: 'without bad routers',
      peerValue: percentile(alone.cycles, 0.99),
    },
    {
      name: 'routeros-poll-late',
      value: lateShare(among) * 100,
      unit: '% of readings',
      peer: 'without bad routers',
      peerValue: lateShare(alone) * 100,
    },
    {
      name: 'routeros-poll-cpu',
      value: among.cpuMicrosPerPoll,
      unit: 'µs of processor a reading',
      peer: 'without bad routers',
      peerValue: alone.cpuMicrosPerPoll,
    },
    {
      name: 'routeros-poll-memory',
      value: among.bytesPerRouter,
      unit: 'bytes a router',
      peer: 'without bad routers',
      peerValue: alone.bytesPerRouter,
    },
  ]);
}
