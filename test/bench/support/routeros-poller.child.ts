/**
 * The routeros-collector alone in a process, into the embedded event log as `fairlead run` uses it: first a fleet of healthy
 * routers, then, again and again, healthy ones without and with others that never answer, answer after 5 s or send garbage.
 * The healthy ones keep their sessions throughout: what comes and goes is only the bad ones. The message of the parent, a `RouterosPollerJob`, is answered with a `FleetResult` of the fleet and a `Turn` of each turn.
 */
import { createEmbeddedLog } from '@fairlead/event-log';
import { createInventoryHolder, type Inventory, inventorySchema, systemClock } from '@fairlead/model';
import { createRouterosCollector, routerosCollectorConfigSchema } from '@fairlead/routeros-collector';
import { createTelemetry } from '@fairlead/runtime';
import { temporaryFolder } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { createFleetWatch, type FleetResult, INTERVAL_MS } from './fleet.ts';
import { takeTurns, type TurnsPlan } from './take-turns.ts';
import { tellParent } from './tell-parent.ts';

export interface RouterosPollerJob {
  readonly port: number;
  readonly routers: number;
  /** Of the fleet of healthy ones; 0 for none. */
  readonly seconds: number;
  /** Bad routers by the user that makes them so. */
  readonly bad: Readonly<Record<string, number>>;
  readonly turns: TurnsPlan;
}

process.once('message', (job: RouterosPollerJob) => {
  void measure(job).then(() => process.disconnect());
});

async function measure({ port, routers, seconds, bad, turns }: RouterosPollerJob): Promise<void> {
  const users = Object.entries(bad).flatMap(([user, count]) => Array<string>(count).fill(user));
  const core = routers - users.length;
  const healthyFleet = describeRouters(
    port,
    core,
    users.map(() => 'reader'),
  );
  const inventory = createInventoryHolder(healthyFleet);
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  await log.ensureTopics([topics.counters, topics.routerState, topics.wanEvents, topics.syslog]);
  const telemetry = createTelemetry({ level: 'silent' });
  const watchFleet = createFleetWatch(telemetry);
  const collector = createRouterosCollector(routerosCollectorConfigSchema.parse({}), {
    log,
    inventory,
    clock: systemClock,
    telemetry,
  });
  const fleet = watchFleet('fairlead_routeros_poll_seconds');
  await collector.start();
  if (seconds > 0) {
    await fleet.settle(routers);
    const recording = await fleet.record(routers, 0, seconds);
    await tellParent({ ...recording, bytesPerRouter: fleet.bytesPerRouter(routers) } satisfies FleetResult);
  }
  const [alone, among] = [describeRouters(port, core, []), describeRouters(port, core, users)];
  await takeTurns(
    turns,
    { healthy: core, bad: users.length },
    fleet,
    (withBad) => void inventory.replace(withBad ? among : alone),
    tellParent,
  );
  await collector.stop();
  await log.close();
  folder.remove();
}

/** The healthy ones, and among them those that log in as these users. */
function describeRouters(port: number, healthy: number, others: readonly string[]): Inventory {
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
  const all = Array.from({ length: healthy }, (_, i) => router(`gw${i}`, 'reader'));
  for (const [i, user] of others.entries()) {
    all.splice(Math.floor(((i + 1) * all.length) / (others.length + 1)), 0, router(`${user}${i}`, user));
  }
  return inventorySchema.parse(all);
}
