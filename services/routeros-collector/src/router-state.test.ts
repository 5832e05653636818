import type { NewRecord, EventLog, LogBatch, SubscribeOptions } from '@fairlead/event-log';
import {
  createInventoryHolder,
  decodeFrames,
  encodeFrames,
  inventorySchema,
  RouterState,
  SyslogMessage,
  systemClock,
  WanEvent,
} from '@fairlead/model';
import { createRouterSim, noLoad, type RouterSim } from '@fairlead/router-sim';
import { createTelemetry } from '@fairlead/runtime';
import { until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterEach, describe, expect, it } from 'vitest';
import { routerosCollectorConfigSchema } from './config.ts';
import { createRouterosCollector } from './routeros-collector.ts';

const wans = ['1', '2'].map((n) => ({
  name: `ISP${n}`,
  interface: `ether${n}`,
  routingMark: `ISP${n}_Route`,
}));

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function simulate(options: { readonly version?: string } = {}): Promise<RouterSim> {
  const sim = createRouterSim({
    ...options,
    identity: 'site one',
    wans: wans.map((wan, i) => ({
      ...wan,
      capacity: { rxBps: 50e6, txBps: 10e6 },
      gateway: `198.51.${100 + i}.1`,
    })),
    users: [{ name: 'viewer', password: 'p', policies: ['read', 'api'] }],
    load: noLoad,
    time: 'virtual',
  });
  await sim.start();
  cleanups.push(() => sim.stop());
  return sim;
}

/** How a simulated router stands in the inventory. */
const entry = (name: string, sim: RouterSim, api: Record<string, unknown> = {}): Record<string, unknown> => ({
  name,
  site: 's1',
  address: '127.0.0.1',
  api: { port: sim.ports.api, tls: false, user: 'viewer', password: 'p', intervalMs: 250, ...api },
  steering: {},
  wans: wans.map((wan) => ({ ...wan, capacity: { rx: '50M', tx: '10M' } })),
});

async function collect(entries: readonly Record<string, unknown>[], config: Record<string, unknown> = {}) {
  const records: NewRecord[] = [];
  let follow: SubscribeOptions['onBatch'] = async () => undefined;
  const log = {
    append: async (appended: readonly NewRecord[]) => {
      records.push(...appended);
      return [];
    },
    subscribe: async ({ onBatch }: SubscribeOptions) => {
      follow = onBatch;
      return { stop: async () => undefined };
    },
  } as unknown as EventLog;
  const inventory = createInventoryHolder(inventorySchema.parse(entries));
  const telemetry = createTelemetry({ level: 'silent' });
  const collector = createRouterosCollector(
    routerosCollectorConfigSchema.parse({
      timeoutMs: 2_000,
      backoff: { baseMs: 50, maxMs: 100 },
      ...config,
    }),
    { log, inventory, clock: systemClock, telemetry },
  );
  await collector.start();
  cleanups.push(() => collector.stop());
  const of = <T>(topic: { name: string }, decode: (value: Uint8Array) => T[], router: string): T[] =>
    records
      .filter(({ topic: name, key }) => name === topic.name && key === router)
      .flatMap(({ value }) => decode(value));
  return {
    inventory,
    telemetry,
    states: (router = 'gw1') => of(topics.routerState, (value) => decodeFrames(RouterState, value), router),
    events: (router = 'gw1') => of(topics.wanEvents, (value) => decodeFrames(WanEvent, value), router),
    samples: (router = 'gw1') =>
      records.filter(({ topic, key }) => topic === topics.counters.name && key === router).length,
    /** What the syslog topic brings. */
    syslog: (...messages: Partial<SyslogMessage>[]) =>
      follow({
        topic: topics.syslog.name,
        partition: 0,
        records: [
          {
            value: encodeFrames(
              SyslogMessage,
              messages.map((message) => ({ ...SyslogMessage.decode(new Uint8Array()), ...message })),
            ),
          },
        ],
      } as unknown as LogBatch),
    hints: async () => {
      const read = async (name: string): Promise<Record<string, number>> => {
        const metric = await telemetry.registry.getSingleMetric(`fairlead_${name}_total`)?.get();
        const values = metric?.values.filter(({ labels }) => labels['unit'] === 'hints') ?? [];
        return Object.fromEntries(
          values.map(({ labels, value }) => [String(labels['reason'] ?? name), value]),
        );
      };
      return { ...(await read('received')), ...(await read('decoded')), ...(await read('dropped')) };
    },
  };
}

const link = (kind: string, name: string, router = 'gw1'): Partial<SyslogMessage> => ({
  router,
  eventKind: kind,
  eventFields: [{ name: 'interface', value: name }],
});

/** Longer than any test: only what asks for it is read again. */
const SELDOM = { statusIntervalMs: 3_600_000, stateIntervalMs: 3_600_000, scriptsIntervalMs: 3_600_000 };

describe('the state of a router', () => {
  it('follows netwatch: what it says is read at once, the last of several changes too', async () => {
    const sim = await simulate();
    const { states } = await collect([entry('gw1', sim)], { ...SELDOM, rereadIntervalMs: 100 });
    await until('a state', () => states().length > 0);
    const { id } = sim.config.netwatch.add({ host: '198.51.100.1', comment: 'ISP1' });
    await until('the entry', () => states().at(-1)?.netwatch[0]?.host === '198.51.100.1');
    sim.config.netwatch.remove(id);
    await until('its end', () => states().at(-1)?.netwatch.length === 0);
  });

  it('of RouterOS 7 is all that steering depends on', async () => {
    const sim = await simulate();
    const { config } = sim;
    config.netwatch.add({ host: '198.51.100.1', comment: 'ISP1' });
    config.filter.add({
      chain: 'forward',
      action: 'fasttrack-connection',
      'connection-state': 'established',
    });
    config.mangle.add({
      chain: 'prerouting',
      action: 'mark-connection',
      'new-connection-mark': 'WAN1_conn',
      'per-connection-classifier': 'both-addresses:2/0',
      'in-interface': 'bridge-lan',
    });
    config.script.add({ name: 'flip', source: '/ip firewall mangle set 1 new-routing-mark=x' });
    config.trafficMonitor.add({ name: 'LB1', interface: 'ether1', 'on-event': 'flip' });
    const { states } = await collect([entry('gw1', sim)]);
    const [state] = await until('a state', () => states().length > 0 && states());
    expect(state).toMatchObject({
      version: '7.20.1 (stable)',
      architecture: 'arm64',
      unread: [],
      leftOut: [],
    });
    expect(state?.interfaces[0]).toMatchObject({ name: 'ether1', ifIndex: 1, mtu: 1_500, linkDowns: 0 });
    expect(state?.addresses).toContainEqual(
      expect.objectContaining({ address: '198.51.100.2/24', interface: 'ether1', comment: 'ISP1' }),
    );
    expect(
      state?.defaultRoutes.map(({ table, gateway, distance, active }) => [table, gateway, distance, active]),
    ).toEqual([
      ['main', '198.51.100.1', 1, true],
      ['main', '198.51.101.1', 2, false],
      ['ISP1_Route', '198.51.100.1', 1, true],
      ['ISP2_Route', '198.51.101.1', 1, true],
    ]);
    expect(state?.defaultRoutes[0]).toMatchObject({ checkGateway: 'ping', immediateGateway: '198.51.100.1' });
    expect(state?.routingTables.map(({ name, fib }) => [name, fib])).toEqual([
      ['main', true],
      ['ISP1_Route', true],
      ['ISP2_Route', true],
    ]);
    expect(state?.netwatch).toMatchObject([{ host: '198.51.100.1', type: 'simple', status: 'up' }]);
    expect(state?.steeringRules.at(-1)).toMatchObject({
      newConnectionMark: 'WAN1_conn',
      perConnectionClassifier: 'both-addresses:2/0',
      matchers: ['in-interface=bridge-lan'],
      menu: '/ip/firewall/mangle',
    });
    expect(state?.fasttrackRules).toMatchObject([{ menu: '/ip/firewall/filter', chain: 'forward' }]);
    expect(state?.steeringScripts.map(({ kind, name, why }) => [kind, name, why])).toEqual([
      ['script', 'flip', 'touches mangle, routing marks'],
      ['traffic-monitor', 'LB1', 'runs the script flip'],
    ]);
  });

  it('of RouterOS 6 has its words, and not what only RouterOS 7 has', async () => {
    const { states } = await collect([entry('gw1', await simulate({ version: '6.49.10' }))]);
    const [state] = await until('a state', () => states().length > 0 && states());
    expect(state?.defaultRoutes.map(({ table }) => table)).toEqual([
      'main',
      'main',
      'ISP1_Route',
      'ISP2_Route',
    ]);
    expect(state?.defaultRoutes[0]).toMatchObject({
      gatewayStatus: '198.51.100.1 reachable',
      immediateGateway: undefined,
    });
    expect(state).toMatchObject({ routingTables: [], unread: [] });
  });

  it('says how much it has no room for, and has the WANs in any case', async () => {
    const sim = await simulate();
    for (let i = 0; i < 20; i += 1)
      sim.config.address.add({ address: `10.0.${i}.1/24`, interface: 'bridge-lan' });
    const { states } = await collect([entry('gw1', sim)], { limits: { interfaces: 8, rows: 8 } });
    const [state] = await until('a state', () => states().length > 0 && states());
    expect(state?.addresses.slice(0, 2).map(({ interface: name }) => name)).toEqual(['ether1', 'ether2']);
    expect(state?.leftOut).toContainEqual({ menu: '/ip/address', count: 15 });
  });

  it('says what could not be read, and goes on', async () => {
    const sim = await simulate();
    sim.faults.noReply = true;
    sim.faults.appliesTo = (command) => command === '/ip/route/print';
    const { states } = await collect([entry('gw1', sim)], { timeoutMs: 1_500 });
    const [state] = await until('a state', () => states().length > 0 && states());
    expect(state?.unread).toMatchObject([{ menu: '/ip/route' }]);
    expect(state).toMatchObject({ reachable: true, defaultRoutes: [] });
  });

  it('is sent when a route changes, and not when nothing but counters does', async () => {
    const sim = await simulate();
    const { states, samples } = await collect([entry('gw1', sim)], { statusIntervalMs: 1_000 });
    await until('some readings', () => samples() >= 6);
    expect(states()).toHaveLength(1);
    const [route] = sim.config.route.items();
    sim.config.route.set(route?.id ?? '', { disabled: 'true' });
    await until('the change', () => states().length > 1);
    expect(states()[1]?.defaultRoutes.map(({ active }) => active)).toEqual([false, true, true, true]);
  });
});

describe('syslog of a router', () => {
  it('makes it be read at once when it tells of its link, and counts every other hint', async () => {
    const sim = await simulate();
    const { states, samples, syslog, hints } = await collect([entry('gw1', sim)], SELDOM);
    await until('a reading', () => samples() > 0);
    const [route] = sim.config.route.items();
    sim.config.route.set(route?.id ?? '', { disabled: 'true' });
    await syslog(link('link-down', 'ether1'), link('link-up', 'ether1'), link('link-down', 'ether9'));
    await syslog(link('link-down', 'ether1', 'gw9'), {
      router: 'gw1',
      message: 'link-down',
      eventKind: 'script',
    });
    await until('the route', () => states().at(-1)?.defaultRoutes[0]?.active === false);
    expect(await hints()).toEqual({
      received: 4,
      decoded: 1,
      'rate-limited': 1,
      'not-a-wan': 1,
      'unknown-router': 1,
    });
  });

  it('changes nothing on the router, whatever it says', async () => {
    const sim = await simulate();
    const { samples, syslog } = await collect([entry('gw1', sim)], { ...SELDOM, rereadIntervalMs: 100 });
    await until('a reading', () => samples() > 0);
    await syslog({ ...link('netwatch-down', ''), message: '/ip/firewall/mangle/set new-routing-mark=x' });
    const before = samples();
    await until('more readings', () => samples() >= before + 2);
    const verbs = sim.received.map(({ words }) => words[0]?.split('/').at(-1));
    expect(new Set(verbs)).toEqual(new Set(['login', 'print', 'listen']));
  });
});

describe('an inventory that changes', () => {
  it('adds, changes and removes routers while the session of the others goes on', async () => {
    const [one, two, three] = [await simulate(), await simulate(), await simulate()];
    const { inventory, samples, states } = await collect([entry('one', one), entry('two', two)]);
    await until('both', () => samples('one') > 0 && samples('two') > 0);
    inventory.replace(
      inventorySchema.parse([
        entry('one', one),
        entry('two', two, { intervalMs: 500 }),
        entry('three', three),
      ]),
    );
    await until('the new one', () => samples('three') > 0);
    const logins = (sim: RouterSim): number =>
      sim.received.filter(({ words }) => words[0] === '/login').length;
    await until('the changed one again', () => logins(two) === 2);
    inventory.replace(inventorySchema.parse([entry('one', one)]));
    const before = samples('one');
    await until('the other goes on', () => samples('one') > before + 3);
    expect(logins(one)).toBe(1);
    expect(states('one').every(({ reachable }) => reachable)).toBe(true);
    const left = samples('three');
    await until('the other goes on', () => samples('one') > before + 6);
    expect(samples('three')).toBe(left);
  });
});

describe('a router that must not be asked often', () => {
  it.each([
    ['refuses the password', { password: 'wrong' }, 'router-login-refused', 'invalid user name or password'],
    [
      'has another certificate',
      { tls: { fingerprint: 'AB'.repeat(32) } },
      'router-unreachable',
      'fingerprint',
    ],
  ])('is left alone for long when it %s', async (_what, api, kind, message) => {
    const sim = await simulate();
    const port = 'tls' in api ? sim.ports.apiTls : sim.ports.api;
    const { events, telemetry } = await collect([entry('gw1', sim, { port, ...api })]);
    const [event] = await until('an event', () => events().length > 0 && events());
    expect(event).toMatchObject({ kind, message: expect.stringContaining(message) as string });
    const circuits = await telemetry.registry.getSingleMetric('fairlead_routeros_circuits')?.get();
    expect(circuits?.values.find(({ labels }) => labels['state'] === 'open')?.value).toBe(1);
    expect(sim.received.filter(({ words }) => words[0] === '/login').length).toBeLessThanOrEqual(1);
  });

  it.each([
    ['answers after 5 s', (sim: RouterSim) => (sim.faults.delayMs = 5_000)],
    ['ends every session', (sim: RouterSim) => (sim.faults.fatal = 'out of memory')],
    ['closes in the middle of a reply', (sim: RouterSim) => (sim.faults.closeMidReply = true)],
  ])('costs the others nothing, and its circuit opens, when it %s', async (_what, spoil) => {
    const [bad, good] = [await simulate(), await simulate()];
    spoil(bad);
    const { events, samples, telemetry } = await collect([entry('bad', bad), entry('good', good)], {
      timeoutMs: 500,
    });
    const circuits = telemetry.registry.getSingleMetric('fairlead_routeros_circuits');
    await until('the circuit is open', async () => {
      const metric = await circuits?.get();
      return metric?.values.some(({ labels, value }) => labels['state'] === 'open' && value === 1);
    });
    const before = samples('good');
    await until('samples of the other', () => samples('good') >= before + 4);
    expect(events('bad').map(({ kind }) => kind)).toEqual(['router-unreachable']);
    expect(samples('bad')).toBe(0);
  });
});
