import type { EventLog, NewRecord, SubscribeOptions } from '@fairlead/event-log';
import {
  Actuation,
  ActuationEffect,
  type Clock,
  Decision,
  decodeFrames,
  encodeFrames,
  type EventKind,
  fixedInventory,
  type Inventory,
  inventorySchema,
  Severity,
  systemClock,
  WanEvent,
} from '@fairlead/model';
import { createRouterSim, noLoad, type RouterSim, type RouterSimOptions } from '@fairlead/router-sim';
import { createTelemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { actuatorConfigSchema, createActuator } from '../src/index.ts';

export const STEERING_RULE = 'Load-Balancing here';

/** A WAN of the routers here. */
export interface SteeredWan {
  readonly name: string;
  readonly interface: string;
  readonly routingMark: string;
}

const wanNumber = (n: number): SteeredWan => ({
  name: `ISP${n}`,
  interface: `ether${n}`,
  routingMark: `ISP${n}_Route`,
});

/** The WANs of routers with one steering rule. */
export const simulatedWans = [1, 2].map(wanNumber);
/** Those of routers with a steering rule for each part of new connections. */
export const sharingWans = [1, 2, 3].map(wanNumber);

/** A simulated dual-WAN router, and the inventory that has it armed. */
export interface SteeredRouterSim {
  readonly sim: RouterSim;
  readonly inventory: Inventory;
}

/** Its time stands still; its API is on TLS. `policy` and `ipv6` are those parts of its steering. */
export async function openSteeredRouter(
  policy: object = {},
  simulated: Partial<RouterSimOptions> = {},
  wans = simulatedWans,
  ipv6?: object,
): Promise<SteeredRouterSim> {
  const sim = createRouterSim({
    wans: wans.map((wan, i) => ({
      ...wan,
      capacity: { rxBps: 50e6, txBps: 10e6 },
      gateway: `198.51.${100 + i}.1`,
    })),
    users: [{ name: 'lbctl', password: 'p', policies: ['read', 'write', 'api'] }],
    load: noLoad,
    time: 'virtual',
    ...simulated,
  });
  await sim.start();
  return { sim, inventory: routerInventory(sim, policy, true, { wans, ipv6 }) };
}

/** An inventory of a simulated router alone, armed. */
export function routerInventory(
  sim: RouterSim,
  policy: object,
  withTls: boolean,
  {
    connectionRemoval,
    ipv6,
    mode = 'armed',
    wans = simulatedWans,
  }: {
    readonly connectionRemoval?: object | undefined;
    readonly ipv6?: object | undefined;
    readonly mode?: string;
    readonly wans?: readonly SteeredWan[];
  } = {},
): Inventory {
  const { ports, fingerprint256: fingerprint } = sim;
  return inventorySchema.parse([
    {
      name: 'gw1',
      site: 's1',
      address: '127.0.0.1',
      mode,
      api: {
        port: withTls ? ports.apiTls : ports.api,
        tls: withTls && { fingerprint },
        user: 'lbctl',
        password: 'p',
      },
      steering: { rule: STEERING_RULE, policy, connectionRemoval, ipv6 },
      wans: wans.map((wan) => ({
        ...wan,
        connectionMark: `Sticky_${wan.name}`,
        capacity: { rx: '50M', tx: '10M' },
      })),
    },
  ]);
}

/** The mark that the steering rule says; undefined when there is not exactly one. */
export function markOf(sim: RouterSim): string | undefined {
  const rules = sim.config.mangle.items().filter(({ properties }) => properties['comment'] === STEERING_RULE);
  return rules.length === 1 ? rules[0]?.properties['new-routing-mark'] : undefined;
}

/** An actuator whose log is whoever calls. */
export interface SteeredActuator {
  /** Hands it a decision from one WAN to another, with the present as the time of its sample unless given. */
  flip(fromWan: string, toWan: string, given?: Partial<Decision>): Promise<Actuation>;
  /** The same for shares of `sharingWans`. */
  share(
    fromWeights: readonly number[],
    toWeights: readonly number[],
    given?: Partial<Decision>,
  ): Promise<Actuation>;
  /** What it appended beside the actuations. */
  readonly events: readonly WanEvent[];
  readonly effects: readonly ActuationEffect[];
  /** Removals of connections, as they were recorded. */
  readonly removals: readonly Actuation[];
  /** Tells it what happened to a WAN. */
  tell(kind: EventKind, wan: string, timeMs?: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startActuator(
  inventory: Inventory,
  {
    instance = 'fairlead-1',
    clock = systemClock,
    timeoutMs = 1_000,
    watchMs = 10_000,
  }: {
    readonly instance?: string;
    readonly clock?: Clock;
    readonly timeoutMs?: number;
    readonly watchMs?: number;
  } = {},
): Promise<SteeredActuator> {
  const events: WanEvent[] = [];
  const effects: ActuationEffect[] = [];
  const removals: Actuation[] = [];
  const learn = (records: readonly NewRecord[]): void => {
    for (const { topic, value } of records) {
      if (topic === topics.wanEvents.name) events.push(...decodeFrames(WanEvent, value));
      if (topic === topics.actuations.name) {
        removals.push(
          ...decodeFrames(Actuation, value).filter(({ connectionMark }) => connectionMark !== ''),
        );
      }
      if (topic === topics.actuationEffects.name) effects.push(...decodeFrames(ActuationEffect, value));
    }
  };
  const subscribed = new Map<string, SubscribeOptions>();
  const log = {
    subscribe: async (given: SubscribeOptions) => {
      for (const topic of given.topics) subscribed.set(topic, given);
      return { stop: async () => undefined };
    },
    append: async (records: readonly NewRecord[]) => {
      learn(records);
      return [];
    },
  } as unknown as EventLog;
  const actuator = createActuator(
    actuatorConfigSchema.parse({ timeoutMs, effect: { watchMs }, backoff: { baseMs: 10, maxMs: 200 } }),
    {
      log,
      inventory: fixedInventory(inventory),
      clock,
      telemetry: createTelemetry({ level: 'silent' }),
      instance,
    },
  );
  await actuator.start();
  return {
    events,
    effects,
    removals,
    async tell(kind, wan, timeMs = clock.nowMs()) {
      const event: WanEvent = {
        ...{ id: `gw1/${wan}/${kind}/${timeMs}`, timeMs, site: 's1', router: 'gw1', wan, kind },
        ...{ severity: Severity.ERROR, message: '' },
      };
      const topic = topics.wanEvents.name;
      const value = encodeFrames(WanEvent, [event]);
      const record = { topic, partition: 0, offset: 0, key: 'gw1', value, timestampMs: timeMs };
      await subscribed.get(topic)?.onBatch({ topic, partition: 0, records: [record] });
    },
    stop: () => actuator.stop(),
    flip: (fromWan, toWan, given = {}) =>
      deliver({
        ...{ policy: 'spill', fromWan, toWan, fromMark: `${fromWan}_Route`, toMark: `${toWan}_Route` },
        ...given,
      }),
    share: (fromWeights, toWeights, given = {}) =>
      deliver({
        ...{ policy: 'weights', wans: sharingWans.map(({ name }) => name) },
        ...{ fromWeights: [...fromWeights], toWeights: [...toWeights], ...given },
      }),
  };

  async function deliver(given: Partial<Decision>): Promise<Actuation> {
    const timeMs = clock.nowMs();
    const decision: Decision = {
      ...{ id: `gw1/${timeMs}`, timeMs, site: 's1', router: 'gw1', policy: '', reason: '', emergency: false },
      ...{ fromWan: '', toWan: '', fromMark: '', toMark: '', wans: [], fromWeights: [], toWeights: [] },
      ...given,
    };
    const topic = topics.decisions.name;
    const value = encodeFrames(Decision, [decision]);
    const record = { topic, partition: 0, offset: 0, key: 'gw1', value, timestampMs: timeMs };
    const output = (await subscribed.get(topic)?.onBatch({ topic, partition: 0, records: [record] })) ?? [];
    learn(output);
    const [actuation] = output.flatMap((entry) =>
      entry.topic === topics.actuations.name ? decodeFrames(Actuation, entry.value) : [],
    );
    if (!actuation) throw new Error('a decision without an actuation');
    return actuation;
  }
}
