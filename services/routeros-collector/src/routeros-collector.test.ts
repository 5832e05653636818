import { AppendError, type EventLog, type NewRecord } from '@fairlead/event-log';
import { decodeFrames, inventorySchema, systemClock, fixedInventory } from '@fairlead/model';
import { createFakeRouter, type FakeRouter } from '@fairlead/routeros/testing';
import { createTelemetry, type Telemetry } from '@fairlead/runtime';
import { until } from '@fairlead/testkit';
import { type RecordOf, type TopicName, topics } from '@fairlead/topics';
import { afterEach, describe, expect, it } from 'vitest';
import { routerosCollectorConfigSchema } from './config.ts';
import { readCommands } from './commands.ts';
import { createRouterosCollector } from './routeros-collector.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const ethernet = (id: string, name: string, more: Record<string, string> = {}): Record<string, string> => ({
  '.id': id,
  name,
  type: 'ether',
  running: 'true',
  disabled: 'false',
  'name.oid': `.1.3.6.1.2.1.2.2.1.2.${id.slice(1)}`,
  'rx-byte': '18446744073709551615',
  'tx-byte': '0',
  ...more,
});

async function fakeRouter(): Promise<FakeRouter> {
  const router = await createFakeRouter({
    '/interface': [
      ethernet('*1', 'ether1', { comment: 'to ISP 1' }),
      ethernet('*2', 'ether2'),
      ethernet('*3', 'bridge'),
    ],
    '/ip/firewall/mangle': [
      {
        '.id': '*9',
        comment: 'Load-Balancing here',
        action: 'mark-routing',
        'new-routing-mark': 'ISP1_Route',
      },
    ],
    '/system/identity': [{ name: 'site one' }],
    '/system/resource': [{ uptime: '1w2d3h4m5s', version: '7.20.1 (stable)', 'board-name': 'hAP ax^2' }],
  });
  cleanups.push(() => router.close());
  return router;
}

/** A log that keeps records in memory, or refuses them. */
function memoryLog() {
  const records: NewRecord[] = [];
  const log = {
    refuse: false,
    append: async (appended: readonly NewRecord[]) => {
      if (log.refuse) throw new AppendError('refused');
      records.push(...appended);
      return [];
    },
    subscribe: async () => ({ stop: async () => undefined }),
    all: <K extends TopicName>(name: K, router = 'gw1') =>
      records
        .filter((record) => record.topic === topics[name].name && record.key === router)
        .flatMap((record) => decodeFrames<RecordOf<K>>(topics[name].codec as never, record.value)),
  };
  return log;
}

async function collect(
  routers: Record<string, { port: number; login?: 'md5-challenge' }>,
  config: Record<string, unknown> = {},
) {
  const log = memoryLog();
  const telemetry = createTelemetry({ level: 'silent' });
  const inventory = inventorySchema.parse(
    Object.entries(routers).map(([name, { port, login }]) => ({
      name,
      site: 'site',
      address: '127.0.0.1',
      api: { port, tls: false, user: 'reader', password: 'hunter2', login, intervalMs: 250 },
      steering: {},
      wans: ['1', '2'].map((n) => ({
        name: `ISP${n}`,
        interface: `ether${n}`,
        capacity: { rx: '50M', tx: '10M' },
        routingMark: `ISP${n}_Route`,
      })),
    })),
  );
  const collector = createRouterosCollector(
    routerosCollectorConfigSchema.parse({ timeoutMs: 500, backoff: { baseMs: 50, maxMs: 100 }, ...config }),
    { log: log as unknown as EventLog, inventory: fixedInventory(inventory), clock: systemClock, telemetry },
  );
  cleanups.push(() => collector.stop());
  await collector.start();
  return { log, telemetry, collector };
}

/** What was counted for a unit; at rest `received = stored + droppedSum`. */
async function books(telemetry: Telemetry, unit: string) {
  const read = async (name: string): Promise<ReadonlyMap<string, number>> => {
    const metric = await telemetry.registry.getSingleMetric(`fairlead_${name}_total`)?.get();
    const values = metric?.values.filter((value) => value.labels['unit'] === unit) ?? [];
    return new Map(values.map((value) => [String(value.labels['reason'] ?? ''), value.value]));
  };
  const dropped = await read('dropped');
  return {
    received: (await read('received')).get(''),
    stored: (await read('stored')).get('') ?? 0,
    dropped: Object.fromEntries(dropped),
    droppedSum: [...dropped.values()].reduce((sum, count) => sum + count, 0),
  };
}

describe('a router that answers', () => {
  it('gives the counters of its WANs, absent where it said nothing', async () => {
    const router = await fakeRouter();
    const { log } = await collect({ gw1: router });
    const samples = await until('four samples', () => log.all('counters').length >= 4 && log.all('counters'));
    expect(samples[0]).toMatchObject({
      router: 'gw1',
      source: 2,
      interface: 'ether1',
      ifIndex: 1,
      deviceUptimeMs: 788_645_000n,
      rxBytes: 2n ** 64n - 1n,
      txBytes: 0n,
      rxErrors: undefined,
      running: true,
      alias: 'to ISP 1',
    });
    expect(new Set(samples.map((sample) => sample.interface))).toEqual(new Set(['ether1', 'ether2']));
  });

  it('is logged in to by a challenge where the inventory chooses that', async () => {
    const router = await fakeRouter();
    router.interceptLogin = ({ reply }, words) => {
      reply('!done', ...(words.length === 1 ? [`=ret=${'5a'.repeat(16)}`] : []));
      return true;
    };
    const { log } = await collect({ gw1: { port: router.port, login: 'md5-challenge' } });
    await until('samples', () => log.all('counters').length > 0);
    const logins = router.received.filter(([command]) => command === '/login');
    expect(logins).toEqual([
      ['/login'],
      ['/login', '=name=reader', expect.stringMatching(/^=response=00[0-9a-f]{32}$/)],
    ]);
  });

  it('gives its state at once', async () => {
    const router = await fakeRouter();
    const { log } = await collect({ gw1: router });
    const [state] = await until('a state', () => log.all('routerState').length > 0 && log.all('routerState'));
    expect(state).toMatchObject({
      reachable: true,
      identity: 'site one',
      version: '7.20.1 (stable)',
      boardName: 'hAP ax^2',
      steeringRules: [{ comment: 'Load-Balancing here', newRoutingMark: 'ISP1_Route', disabled: false }],
    });
    expect(state?.interfaces.map((entry) => [entry.name, entry.ifIndex])).toEqual([
      ['ether1', 1],
      ['ether2', 2],
      ['bridge', 3],
    ]);
    expect(log.all('wanEvents')).toEqual([]);
  });

  it('is asked over one session, with commands that only read', async () => {
    const router = await fakeRouter();
    const { log } = await collect({ gw1: router });
    await until('samples', () => log.all('counters').length >= 6);
    const commands = router.received.map((words) => words[0]);
    expect(commands.filter((command) => command === '/login')).toHaveLength(1);
    expect(new Set(commands)).toEqual(
      new Set(['/login', ...readCommands.filter((command) => command !== '/ping')]),
    );
  });

  it('tells when somebody changes the mark, and when the rule is gone', async () => {
    const router = await fakeRouter();
    const { log } = await collect({ gw1: router });
    await until('a state', () => log.all('routerState').length > 0);
    router.applySet(['/ip/firewall/mangle/set', '=.id=*9', '=new-routing-mark=ISP2_Route']);
    const [changed] = await until('an event', () => log.all('wanEvents').length > 0 && log.all('wanEvents'));
    expect(changed).toMatchObject({ kind: 'mark-changed', wan: 'ISP2', site: 'site' });
    router.menus['/ip/firewall/mangle'] = [];
    const [, missing] = await until('another', () => log.all('wanEvents').length > 1 && log.all('wanEvents'));
    expect(missing?.kind).toBe('rule-missing');
    expect(log.all('routerState').map((state) => state.steeringRules[0]?.newRoutingMark)).toEqual([
      'ISP1_Route',
      'ISP2_Route',
      undefined,
    ]);
  });

  it('keeps the books', async () => {
    const router = await fakeRouter();
    router.intercept = (words, { reply }) => {
      if (words[0] === '/interface/print' && words.includes('=stats=')) reply('!re', '=name=not-asked-for');
      return false;
    };
    const { log, telemetry, collector } = await collect({ gw1: router });
    await until('samples', () => log.all('counters').length >= 4);
    await collector.stop();
    const samples = await books(telemetry, 'samples');
    expect(samples.stored).toBe(log.all('counters').length);
    expect(samples.dropped['not-a-wan']).toBeGreaterThan(0);
    expect(samples.received).toBe(samples.stored + samples.droppedSum);
    const polls = await books(telemetry, 'polls');
    expect(polls.received).toBe(polls.stored + polls.droppedSum);
  });
});

describe('a router in trouble', () => {
  it('is told of when it closes mid-reply, tried again, and told of when it is back', async () => {
    const router = await fakeRouter();
    const { log } = await collect({ gw1: router });
    await until('samples', () => log.all('counters').length > 0);
    router.intercept = (_words, { reply, socket }) => {
      reply('!re', '=name=ether1');
      socket.destroy();
      return true;
    };
    await until('an event', () => log.all('wanEvents').length > 0);
    expect(log.all('routerState').at(-1)).toMatchObject({
      reachable: false,
      identity: 'site one',
      error: expect.stringContaining('closed the connection') as string,
    });
    router.intercept = () => false;
    await until('the router again', () => log.all('wanEvents').length > 1);
    expect(log.all('wanEvents').map((event) => event.kind)).toEqual([
      'router-unreachable',
      'router-reachable',
    ]);
    expect(log.all('routerState').at(-1)?.reachable).toBe(true);
  });

  it('is left alone for long when it refuses the login', async () => {
    const router = await fakeRouter();
    router.interceptLogin = ({ reply }) => {
      reply('!trap', '=message=invalid user name or password (6)');
      reply('!done');
      return true;
    };
    const { log, collector } = await collect({ gw1: router });
    const [refused] = await until('an event', () => log.all('wanEvents').length > 0 && log.all('wanEvents'));
    expect(refused).toMatchObject({ kind: 'router-login-refused', severity: 3 });
    expect(refused?.message).toContain('invalid user name or password (6)');
    expect(JSON.stringify([log.all('wanEvents')])).not.toContain('hunter2');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(router.received.filter((words) => words[0] === '/login')).toHaveLength(1);
    await collector.stop();
  });

  it.each([
    ['never answers', () => true],
    [
      'sends garbage',
      (_words, { socket }) => {
        socket.write(Buffer.alloc(1_000, 0xff));
        return true;
      },
    ],
    [
      'does not end its reply',
      (_words, { reply }) => {
        for (let i = 0; i < 2_000; i += 1) reply('!re', `=name=${'x'.repeat(1_000)}`);
        return true;
      },
    ],
    [
      'refuses to be read',
      (_words, { reply }) => {
        reply('!trap', '=message=not enough permissions (9)');
        reply('!done');
        return true;
      },
    ],
  ] as [string, FakeRouter['intercept']][])(
    'costs the others nothing when it %s',
    async (_what, intercept) => {
      const [bad, good] = [await fakeRouter(), await fakeRouter()];
      bad.intercept = intercept;
      // Both routers and the collector share a thread: a deadline that a busy machine can miss would be the good one's too.
      const { log } = await collect({ bad, good }, { timeoutMs: 3_000 });
      await until('the event', () => log.all('wanEvents', 'bad').length > 0);
      const before = log.all('counters', 'good').length;
      await until('samples of the other', () => log.all('counters', 'good').length >= before + 4);
      expect(log.all('wanEvents', 'bad').map((event) => event.kind)).toEqual(['router-unreachable']);
      expect(log.all('wanEvents', 'good')).toEqual([]);
    },
  );

  it('skips and counts the readings that it was too slow for', async () => {
    const router = await fakeRouter();
    router.intercept = ([command], { reply }) => {
      if (command !== '/system/resource/print') return false;
      setTimeout(() => reply('!done'), 400);
      return true;
    };
    const { log, telemetry, collector } = await collect({ gw1: router }, { timeoutMs: 5_000 });
    await until('samples', () => log.all('counters').length >= 4);
    await collector.stop();
    const polls = await books(telemetry, 'polls');
    expect(polls.dropped['skipped']).toBeGreaterThan(0);
    expect(polls.received).toBe(polls.stored + polls.droppedSum);
  });
});

describe('a log that takes nothing', () => {
  it('costs the samples, which are counted; state and events are told later', async () => {
    const router = await fakeRouter();
    router.menus['/ip/firewall/mangle'] = [];
    const { log, telemetry, collector } = await collect({ gw1: router });
    log.refuse = true;
    await until('not healthy', () => !telemetry.health().healthy);
    log.refuse = false;
    await until('samples', () => log.all('counters').length > 0);
    expect(telemetry.health().healthy).toBe(true);
    expect(log.all('routerState')).toHaveLength(1);
    expect(log.all('wanEvents').map((event) => event.kind)).toEqual(['rule-missing']);
    await collector.stop();
    const samples = await books(telemetry, 'samples');
    expect(samples.dropped['append-failed']).toBeGreaterThan(0);
    expect(samples.received).toBe(samples.stored + samples.droppedSum);
  });
});

it('stops at once while a router neither accepts nor refuses', async () => {
  const router = await fakeRouter();
  router.interceptLogin = () => true;
  const { collector, log } = await collect({ gw1: router }, { timeoutMs: 60_000 });
  await until('a login', () => router.received.length > 0);
  await collector.stop();
  await collector.stop();
  expect(log.all('wanEvents')).toEqual([]);
});
