import type { EventLog, NewRecord, SubscribeOptions } from '@fairlead/event-log';
import {
  createInventoryHolder,
  Decision,
  decodeFrames,
  encodeFrames,
  inventorySchema,
  Outcome,
  type Clock,
} from '@fairlead/model';
import { createFakeRouter, type FakeRouter } from '@fairlead/routeros/testing';
import { createTelemetry } from '@fairlead/runtime';
import { type RecordOf, type TopicName, topics } from '@fairlead/topics';
import { until } from '@fairlead/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createActuator } from './actuator.ts';
import { actuatorConfigSchema } from './config.ts';

const T0 = 1_763_600_000_000;
const RULE = 'Load-Balancing here';
const SET = '/ip/firewall/mangle/set';
const PRINT_RULE = '/ip/firewall/mangle/print';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let router: FakeRouter;
beforeEach(async () => {
  router = await createFakeRouter({
    '/ip/firewall/mangle': [
      { '.id': '*1', comment: 'another rule', action: 'mark-routing', 'new-routing-mark': 'ISP1_Route' },
      {
        '.id': '*A',
        comment: RULE,
        action: 'mark-routing',
        'new-routing-mark': 'ISP1_Route',
        disabled: 'false',
        invalid: 'false',
        dynamic: 'false',
      },
    ],
    '/ip/firewall/filter': [{ '.id': '*1', action: 'accept', disabled: 'false' }],
    '/routing/table': [
      { '.id': '*1', name: 'ISP1_Route', disabled: 'false' },
      { '.id': '*2', name: 'ISP2_Route', disabled: 'false' },
    ],
    '/ip/route': ['ISP1_Route', 'ISP2_Route'].map((table, i) => ({
      '.id': `*${i}`,
      'dst-address': '0.0.0.0/0',
      'routing-table': table,
      active: 'true',
    })),
    '/interface': ['ether1', 'ether2'].map((name, i) => ({ '.id': `*${i}`, name, running: 'true' })),
    '/tool/traffic-monitor': [{ '.id': '*1', name: 'graph', 'on-event': ':log info x', disabled: 'false' }],
    '/ip/firewall/address-list': [],
    '/system/resource': [{ version: '7.20.1 (stable)' }],
  });
  cleanups.push(() => router.close());
});

const item = (menu: string, index: number): Record<string, string> => router.menus[menu]?.[index] ?? {};
const rule = (): Record<string, string> => item('/ip/firewall/mangle', 1);
const sent = (command: string): number => router.received.filter((words) => words[0] === command).length;

const decision = (rest: Partial<Decision> = {}): Decision => ({
  id: `gw1/${T0}`,
  timeMs: T0,
  site: 's1',
  router: 'gw1',
  policy: 'spill',
  fromWan: 'ISP1',
  toWan: 'ISP2',
  fromMark: 'ISP1_Route',
  toMark: 'ISP2_Route',
  reason: 'ISP1 is full',
  wans: [],
  fromWeights: [],
  toWeights: [],
  emergency: false,
  ...rest,
});

interface Options {
  readonly mode?: 'observe' | 'armed';
  readonly nowMs?: number;
  readonly steering?: object | undefined;
  readonly port?: number;
}

/** An actuator whose log is this test: `deliver` gives it a batch and returns what it appends. */
async function actuator({ mode = 'armed', nowMs = T0 + 15, port, ...rest }: Options = {}) {
  const routers = inventorySchema.parse([
    {
      name: 'gw1',
      site: 's1',
      address: '127.0.0.1',
      mode,
      api: { port: port ?? router.port, tls: false, user: 'u', password: 'hunter2' },
      steering: 'steering' in rest ? rest.steering : {},
      wans: ['1', '2'].map((n) => ({
        name: `ISP${n}`,
        interface: `ether${n}`,
        capacity: { rx: '50M', tx: '10M' },
        routingMark: `ISP${n}_Route`,
      })),
    },
  ]);
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => performance.now() };
  const telemetry = createTelemetry({ level: 'silent' });
  let options: SubscribeOptions | undefined;
  const log = {
    subscribe: async (given: SubscribeOptions) => {
      if (given.topics.includes(topics.decisions.name)) options = given;
      return { stop: async () => undefined };
    },
  } as unknown as EventLog;
  const config = actuatorConfigSchema.parse({ timeoutMs: 200, backoff: { baseMs: 20, maxMs: 100 } });
  const inventory = createInventoryHolder(routers);
  const component = createActuator(config, { log, inventory, clock, telemetry, instance: 'fairlead-1' });
  cleanups.push(() => component.stop());
  await component.start();
  const deliverValues = async (...values: Uint8Array[]): Promise<readonly NewRecord[]> => {
    const topic = topics.decisions.name;
    const records = values.map((value, offset) => ({
      topic,
      partition: 0,
      offset,
      key: 'gw1',
      value,
      timestampMs: T0,
    }));
    return (await options?.onBatch({ topic, partition: 0, records })) ?? [];
  };
  return {
    telemetry,
    component,
    inventory,
    options: () => options,
    deliverValues,
    deliver: (...decisions: Decision[]) => deliverValues(encodeFrames(Decision, decisions)),
  };
}

const recordsOf = <K extends TopicName>(name: K, output: readonly NewRecord[]): RecordOf<K>[] =>
  output
    .filter((record) => record.topic === topics[name].name)
    .flatMap((record) => decodeFrames<RecordOf<K>>(topics[name].codec as never, record.value));

/** The actuation of one decision. */
async function actuate(options: Options = {}, wanted = decision()) {
  const { deliver } = await actuator(options);
  const output = await deliver(wanted);
  const [actuation] = recordsOf('actuations', output);
  return { ...actuation, events: recordsOf('wanEvents', output) };
}

describe('a decision for an armed router', () => {
  it('is set, read back and confirmed', async () => {
    expect(await actuate()).toEqual({
      id: `gw1/${T0}/${T0 + 15}`,
      decisionId: `gw1/${T0}`,
      timeMs: T0 + 15,
      site: 's1',
      router: 'gw1',
      mode: 2,
      outcome: Outcome.CONFIRMED,
      rule: RULE,
      beforeMark: 'ISP1_Route',
      afterMark: 'ISP2_Route',
      wantedMark: 'ISP2_Route',
      reason: '',
      latencyMs: 15,
      connectionMark: '',
      events: [],
    });
    const set = router.received.findIndex((words) => words[0] === SET);
    expect(router.received[set]).toEqual([SET, '=.id=*A', '=new-routing-mark=ISP2_Route']);
    expect(router.received[set + 1]?.[0]).toBe(PRINT_RULE);
    expect(item('/ip/firewall/mangle', 0)['new-routing-mark']).toBe('ISP1_Route');
  });

  it('changes nothing the second time', async () => {
    const { deliver } = await actuator();
    await deliver(decision());
    const [again] = recordsOf('actuations', await deliver(decision()));
    expect(again).toMatchObject({
      outcome: Outcome.UNCHANGED,
      beforeMark: 'ISP2_Route',
      afterMark: 'ISP2_Route',
    });
    expect(sent(SET)).toBe(1);
    expect(sent('/login')).toBe(1);
  });

  it('is unchanged even when it comes again late after a crash', async () => {
    rule()['new-routing-mark'] = 'ISP2_Route';
    expect(await actuate({ nowMs: T0 + 3_600_000 })).toMatchObject({ outcome: Outcome.UNCHANGED });
  });

  it('is carried out in order with the others of its router', async () => {
    const back = decision({
      id: 'gw1/2',
      fromWan: 'ISP2',
      toWan: 'ISP1',
      fromMark: 'ISP2_Route',
      toMark: 'ISP1_Route',
    });
    const { deliver } = await actuator();
    const actuations = recordsOf('actuations', await deliver(decision(), back));
    expect(actuations.map((entry) => [entry.outcome, entry.afterMark])).toEqual([
      [Outcome.CONFIRMED, 'ISP2_Route'],
      [Outcome.CONFIRMED, 'ISP1_Route'],
    ]);
  });

  it('asks RouterOS 6 for the routing mark of the route, and for no table', async () => {
    item('/system/resource', 0)['version'] = '6.49.17 (long-term)';
    router.menus['/ip/route'] = [
      { 'dst-address': '0.0.0.0/0', 'routing-mark': 'ISP2_Route', active: 'true' },
    ];
    expect(await actuate()).toMatchObject({ outcome: Outcome.CONFIRMED });
    expect(sent('/routing/table/print')).toBe(0);
  });

  it('goes over a new session when the old one has died unnoticed', async () => {
    const { deliver } = await actuator();
    await deliver(decision({ toWan: 'ISP1', toMark: 'ISP1_Route' }));
    router.intercept = () => {
      router.intercept = () => false;
      router.disconnect();
      return true;
    };
    expect(recordsOf('actuations', await deliver(decision()))).toMatchObject([
      { outcome: Outcome.CONFIRMED },
    ]);
    expect(sent('/login')).toBe(2);
  });
});

describe('a decision for a router that is observed', () => {
  it('writes nothing, and says what is and what would be', async () => {
    const { events, ...actuation } = await actuate({ mode: 'observe' });
    expect(actuation).toMatchObject({
      mode: 1,
      outcome: Outcome.DRY_RUN,
      beforeMark: 'ISP1_Route',
      afterMark: 'ISP1_Route',
      reason: 'armed, this would be written',
    });
    expect(events).toEqual([]);
    const commands = new Set(router.received.map((words) => words[0] ?? ''));
    expect([...commands].filter((command) => command !== '/login' && !command.endsWith('/print'))).toEqual(
      [],
    );
  });

  it('names the rail that would refuse', async () => {
    item('/interface', 1)['running'] = 'false';
    expect((await actuate({ mode: 'observe' })).reason).toContain('would be refused: the interface ether2');
  });

  it('is a dry run also when the router cannot be reached', async () => {
    await router.close();
    expect(await actuate({ mode: 'observe' })).toMatchObject({ outcome: Outcome.DRY_RUN, beforeMark: '' });
  });
});

describe('a rail refuses', () => {
  const rails: [string, () => unknown, string][] = [
    ['when the rule is gone', () => (rule()['comment'] = 'renamed'), '0 rules'],
    [
      'when the rule is there twice',
      () => router.menus['/ip/firewall/mangle']?.push({ ...rule(), '.id': '*B' }),
      '2 rules',
    ],
    [
      'when the rule does something else',
      () => (rule()['action'] = 'mark-packet'),
      'has the action mark-packet',
    ],
    ['when the rule is disabled', () => (rule()['disabled'] = 'true'), 'is disabled'],
    ['when the rule is invalid', () => (rule()['invalid'] = 'true'), 'is invalid'],
    ['when the rule is dynamic', () => (rule()['dynamic'] = 'true'), 'is dynamic'],
    [
      'when somebody else changed the rule',
      () => (rule()['new-routing-mark'] = 'VPN'),
      'somebody else changed the rule',
    ],
    [
      'when the table is missing',
      () => router.menus['/routing/table']?.pop(),
      'the routing table ISP2_Route does not exist',
    ],
    [
      'when the table has no default route',
      () => router.menus['/ip/route']?.pop(),
      'no active default route',
    ],
    [
      'when the default route is not active',
      () => (item('/ip/route', 1)['active'] = 'false'),
      'no active default route',
    ],
    [
      'when the WAN is down',
      () => (item('/interface', 1)['running'] = 'false'),
      'ether2 of ISP2 is not running',
    ],
    [
      'when the WAN has no interface',
      () => router.menus['/interface']?.pop(),
      'ether2 of ISP2 is not running',
    ],
    [
      'when FastTrack passes the rule by',
      () => (item('/ip/firewall/filter', 0)['action'] = 'fasttrack-connection'),
      'FastTrack',
    ],
    [
      'when a script of the router steers too',
      () => (item('/tool/traffic-monitor', 0)['on-event'] = `set [find comment="${RULE}"]`),
      'the traffic monitor graph',
    ],
    [
      'when the router hides its version',
      () => (item('/system/resource', 0)['version'] = ''),
      'did not tell its version',
    ],
    [
      'when a rail cannot be read',
      () => Reflect.deleteProperty(router.menus, '/tool/traffic-monitor'),
      '/tool/traffic-monitor could not be read',
    ],
  ];
  it.each(rails)('%s', async (_when, spoil, reason) => {
    spoil();
    const { events, ...actuation } = await actuate();
    expect(actuation).toMatchObject({ outcome: Outcome.REFUSED });
    expect(actuation.reason).toContain(reason);
    expect(events).toMatchObject([{ kind: 'steering-refused', wan: 'ISP2', severity: 2, router: 'gw1' }]);
    expect(sent(SET)).toBe(0);
  });

  it.each([
    ['an old decision', { nowMs: T0 + 10_001 }, {}, 'stale decision: its sample is 10001 ms old'],
    ['a decision from the future', { nowMs: T0 - 10_001 }, {}, 'in the future'],
    ['a mark that is not in the inventory', {}, { toMark: 'main' }, 'no WAN ISP2 with the mark main'],
    ['an unknown router', {}, { router: 'gw9' }, 'no steering for this router'],
    ['a router that is only watched', { steering: undefined }, {}, 'no steering for this router'],
  ])('%s', async (_what, options, wanted, reason) => {
    const actuation = await actuate(options, decision(wanted));
    expect(actuation).toMatchObject({
      outcome: Outcome.REFUSED,
      reason: expect.stringContaining(reason) as string,
    });
    expect(sent(SET)).toBe(0);
  });

  it('not because of what stands there switched off', async () => {
    router.menus['/ip/firewall/filter']?.push(
      { action: 'fasttrack-connection', disabled: 'true' },
      { action: 'fasttrack-connection', 'connection-mark': 'no-mark', disabled: 'false' },
    );
    router.menus['/tool/traffic-monitor']?.push({ 'on-event': RULE, disabled: 'true' });
    expect(await actuate()).toMatchObject({ outcome: Outcome.CONFIRMED });
  });

  it('when the router cannot be reached or refuses the login', async () => {
    router.interceptLogin = ({ reply }) => {
      reply('!trap', '=message=invalid user name or password (6)');
      reply('!done');
      return true;
    };
    const refused = await actuate();
    expect(refused).toMatchObject({ outcome: Outcome.REFUSED });
    expect(refused.reason).toContain('invalid user name or password');
    await router.close();
    expect(await actuate()).toMatchObject({ outcome: Outcome.REFUSED });
  });
});

describe('a change that does not go through', () => {
  /** Does something else for the next command of this name. */
  const once = (command: string, act: FakeRouter['intercept']): void => {
    router.intercept = (words, peer) => {
      if (words[0] !== command) return false;
      router.intercept = () => false;
      return act(words, peer);
    };
  };

  it('has failed when the router traps', async () => {
    once(SET, (_words, { reply }) => {
      reply('!trap', '=category=1', '=message=input does not match any value of new-routing-mark');
      reply('!done');
      return true;
    });
    const { events, ...actuation } = await actuate();
    expect(actuation).toMatchObject({
      outcome: Outcome.FAILED,
      afterMark: 'ISP1_Route',
      reason: 'input does not match any value of new-routing-mark',
    });
    expect(events).toMatchObject([{ kind: 'steering-failed', severity: 3 }]);
  });

  it('has failed when the router says done and the rule says otherwise', async () => {
    once(SET, (_words, { reply }) => {
      reply('!done');
      return true;
    });
    expect(await actuate()).toMatchObject({
      outcome: Outcome.FAILED,
      afterMark: 'ISP1_Route',
      reason: 'read back, the rule says ISP1_Route',
    });
  });

  it.each([
    ['the connection closes', (socket: { destroy(): unknown }) => socket.destroy()],
    ['the router falls silent', () => undefined],
  ])('is confirmed by reading when %s after the change', async (_what, lose) => {
    once(SET, (words, { socket }) => {
      router.applySet(words);
      lose(socket);
      return true;
    });
    const actuation = await actuate();
    expect(actuation).toMatchObject({ outcome: Outcome.CONFIRMED, afterMark: 'ISP2_Route' });
    expect(actuation.reason).toContain('the reply was lost');
    expect([sent(SET), sent('/login')]).toEqual([1, 2]);
  });

  it('has failed when the reply was lost and the rule is as before', async () => {
    once(SET, (_words, { socket }) => {
      socket.destroy();
      return true;
    });
    expect(await actuate()).toMatchObject({ outcome: Outcome.FAILED, afterMark: 'ISP1_Route' });
    expect(sent(SET)).toBe(1);
  });

  it('is confirmed when the connection is lost between the change and reading it back', async () => {
    once(SET, (words, { reply }) => {
      router.applySet(words);
      once(PRINT_RULE, (_words, { socket }) => {
        socket.destroy();
        return true;
      });
      reply('!done');
      return true;
    });
    expect(await actuate()).toMatchObject({ outcome: Outcome.CONFIRMED, afterMark: 'ISP2_Route' });
    expect([sent(SET), sent('/login')]).toEqual([1, 2]);
  });

  it('is ambiguous only when the rule cannot be read any more', async () => {
    once(SET, (words, { socket }) => {
      router.applySet(words);
      router.interceptLogin = (peer) => {
        peer.socket.destroy();
        return true;
      };
      socket.destroy();
      return true;
    });
    const { events, ...actuation } = await actuate();
    expect(actuation).toMatchObject({ outcome: Outcome.AMBIGUOUS, beforeMark: 'ISP1_Route', afterMark: '' });
    expect(events).toMatchObject([{ kind: 'steering-failed' }]);
  });
});

describe('the service', () => {
  it('reads decisions as the group actuator, from the first on', async () => {
    const { options } = await actuator();
    expect(options()).toMatchObject({
      topics: ['fairlead.decisions.v1'],
      group: 'actuator',
      startAt: 'earliest',
    });
  });

  it('puts aside what is no decision, and keeps the books', async () => {
    const { deliverValues, telemetry } = await actuator();
    const broken = Uint8Array.of(9, 1);
    const output = await deliverValues(
      broken,
      encodeFrames(Decision, [decision(), decision({ router: 'gw9' })]),
    );
    expect(recordsOf('deadLetter', output)).toMatchObject([
      { service: 'actuator', reason: 'undecodable', offset: 0 },
    ]);
    expect(recordsOf('actuations', output)).toHaveLength(2);
    const metrics = await telemetry.registry.metrics();
    for (const [name, count] of [
      ['received', 3],
      ['stored', 2],
      ['dropped', 1],
    ] as const) {
      expect(metrics).toMatch(
        new RegExp(`fairlead_${name}_total{service="actuator",unit="decisions".*} ${count}\\n`),
      );
    }
  });

  it('stops while a router keeps it waiting', async () => {
    router.interceptLogin = () => true;
    const { component } = await actuator();
    await component.stop();
    await component.stop();
  });
});

describe('an inventory that changes', () => {
  it('disarms a router: what has begun is finished, what comes is only rehearsed', async () => {
    const { deliver, inventory } = await actuator();
    const delivered = deliver(decision());
    const [gw1] = inventory.current();
    if (!gw1) throw new Error('there is a router');
    inventory.replace([{ ...gw1, mode: 'observe' }]);
    const [first] = recordsOf('actuations', await delivered);
    expect(first).toMatchObject({ outcome: Outcome.CONFIRMED, reason: '' });
    expect(rule()['new-routing-mark']).toBe('ISP2_Route');
    rule()['new-routing-mark'] = 'ISP1_Route';
    await until('the new session', () => sent('/login') === 2);
    const [second] = recordsOf('actuations', await deliver(decision({ id: 'gw1/2' })));
    expect(second?.outcome).toBe(Outcome.DRY_RUN);
    expect(sent(SET)).toBe(1);
  });

  it('leaves a router alone that is no longer in it', async () => {
    const { deliver, inventory } = await actuator();
    inventory.replace([]);
    const [actuation] = recordsOf('actuations', await deliver(decision()));
    expect(actuation?.outcome).toBe(Outcome.REFUSED);
    expect(sent(SET)).toBe(0);
  });
});
