/**
 * The routeros-collector alone in a process, into the embedded event log as `fairlead run` uses it: first a fleet of healthy
 * routers, then, again and again, the same healthy ones without and with routers that never answer, answer after 5 s or
 * send garbage. The healthy ones keep their sessions throughout: what comes and goes is only the bad ones. The message of
 * the parent, a `RouterosPollerJob`, is answered with one `FleetResult` for each fleet.
 */
import { createEmbeddedLog } from '@fairlead/event-log';
import { createInventoryHolder, type Inventory, inventorySchema, systemClock } from '@fairlead/model';
import { createRouterosCollector, routerosCollectorConfigSchema } from '@fairlead/routeros-collector';
import { createTelemetry } from '@fairlead/runtime';
import { temporaryFolder } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';

export interface RouterosPollerJob {
  readonly port: number;
  readonly routers: number;
  /** Of the fleet of healthy ones. */
  readonly seconds: number;
  /** Bad routers by the user that makes them so. */
  readonly bad: Readonly<Record<string, number>>;
  readonly rounds: number;
  /** Of each fleet of each round. */
  readonly roundSeconds: number;
}

export interface FleetResult {
  readonly healthy: number;
  readonly bad: number;
  /** Milliseconds from when a reading was due until the log had its counters, of every reading of a healthy router, sorted. */
  readonly cycles: readonly number[];
  readonly expected: number;
  readonly cpuMicrosPerPoll: number;
  readonly cpuShare: number;
  /** Heap and external memory a router. */
  readonly bytesPerRouter: number;
}

const INTERVAL_MS = 1_000;
/** Sessions are opened, states read, and the failing routers left alone for longer and longer. */
const SETTLE_MS = 12_000;

process.once('message', (job: RouterosPollerJob) => {
  void measure(job).then(() => process.disconnect());
});

async function measure(job: RouterosPollerJob): Promise<void> {
  const users = Object.entries(job.bad).flatMap(([user, count]) => Array<string>(count).fill(user));
  const core = job.routers - users.length;
  const healthyFleet = describeRouters(
    job.port,
    core,
    users.map(() => 'reader'),
  );
  const inventory = createInventoryHolder(job.seconds > 0 ? healthyFleet : []);
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  await log.ensureTopics([topics.counters, topics.routerState, topics.wanEvents, topics.syslog]);
  const telemetry = createTelemetry({ level: 'silent' });
  const collect = collectGarbage();
  const emptyBytes = collect();
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
  let cycles: number[] | undefined;
  histogram.observe = (seconds) => {
    cycles?.push(seconds * 1_000);
    observe(seconds);
  };
  const watch = async (healthy: number, bad: number, seconds: number): Promise<FleetResult> => {
    await sleep(SETTLE_MS);
    const seen: number[] = [];
    cycles = seen;
    const [beganMs, before] = [performance.now(), process.cpuUsage()];
    await sleep(seconds * 1_000);
    cycles = undefined;
    const elapsedSeconds = (performance.now() - beganMs) / 1_000;
    const { user, system } = process.cpuUsage(before);
    return {
      healthy,
      bad,
      cycles: seen.sort((a, b) => a - b),
      expected: Math.floor(healthy * elapsedSeconds),
      cpuMicrosPerPoll: (user + system) / Math.max(1, seen.length),
      cpuShare: (user + system) / (elapsedSeconds * 1e6),
      // Not before it: a collection that is asked for throws compiled code away too, which the next readings would pay for.
      bytesPerRouter: (collect() - emptyBytes) / (healthy + bad),
    };
  };

  await collector.start();
  if (job.seconds > 0) process.send?.(await watch(job.routers, 0, job.seconds));
  for (let round = 0; round < job.rounds; round += 1) {
    inventory.replace(describeRouters(job.port, core, []));
    process.send?.(await watch(core, 0, job.roundSeconds));
    inventory.replace(describeRouters(job.port, core, users));
    process.send?.(await watch(core, users.length, job.roundSeconds));
  }
  await collector.stop();
  await log.close();
  folder.remove();
}

/** The healthy ones, and among them those that log in as these users. */
function describeRouters(port: number, healthy: number, others: readonly string[]): Inventory {
  const step = Math.ceil(healthy / Math.max(1, others.length));
  const router = (name: string, user: string): unknown => ({
    name,
    site: 's1',
    address: '127.0.0.1',
    api: { port, tls: false, user, password: 'p', intervalMs: INTERVAL_MS },
    steering: {},
    wans: [1, 2].map((n) => ({
      name: `ISP${n}`,
      interface: `ether${n}`,
      capacity: { rx: '100M', tx: '20M' },
      routingMark: `ISP${n}_Route`,
    })),
  });
  return inventorySchema.parse([
    ...Array.from({ length: healthy }, (_, i) => {
      const other = i % step === 0 ? others[i / step] : undefined;
      return [
        router(`gw${i}`, 'reader'),
        ...(other === undefined ? [] : [router(`${other}${i / step}`, other)]),
      ];
    }).flat(),
  ]);
}

/** @returns a call that collects garbage, where it may, and gives the bytes that are left */
function collectGarbage(): () => number {
  return () => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
