import type { EventLog } from '@fairlead/event-log';
import { addressToBytes, createInventoryHolder, Decision, RouterState, SteeringRule } from '@fairlead/model';
import { topics } from '@fairlead/topics';
import { until } from '@fairlead/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  actuation,
  appendRecords,
  connectLive,
  type ConnectOptions,
  createMemoryLog,
  type LiveTestClient,
  runGateway,
  type RunningGateway,
  siteInventory,
  utilisation,
  wanEvent,
} from './testing/index.ts';

const running: RunningGateway[] = [];
const open: LiveTestClient[] = [];

async function start(log: EventLog, config: Record<string, unknown> = {}, port = 0): Promise<RunningGateway> {
  const gateway = await runGateway(log, { config, port });
  running.push(gateway);
  return gateway;
}

async function connect(gateway: RunningGateway, options: ConnectOptions = {}): Promise<LiveTestClient> {
  const client = await connectLive(gateway.url, options);
  open.push(client);
  return client;
}

async function metric(gateway: RunningGateway, name: string): Promise<Record<string, number>> {
  const metrics = await gateway.telemetry.registry.getSingleMetric(name)?.get();
  return Object.fromEntries(
    (metrics?.values ?? []).map(({ labels, value }) => [
      String(labels['reason'] ?? labels['code'] ?? labels['type'] ?? ''),
      value,
    ]),
  );
}

afterEach(async () => {
  vi.useRealTimers();
  for (const client of open.splice(0)) client.close();
  for (const gateway of running.splice(0)) await gateway.stop();
});

describe('handshake', () => {
  it('welcomes a client and says what the site is', async () => {
    const gateway = await start(createMemoryLog(), { simulated: true, tickMs: 200 });
    const client = await connect(gateway);
    const welcome = await client.take('welcome');
    expect(welcome).toMatchObject({ v: 1, tick: 200, simulated: true });
    expect((await client.take('tick')).now).toBeGreaterThanOrEqual(welcome.now);
  });

  it.each([
    ['no subprotocol', { protocols: [] }, undefined, 4406],
    ['a subscription before hello', { greet: false }, '{"type":"sub","id":1,"ch":"events"}', 4401],
    ['hello twice', {}, '{"type":"hello","v":1}', 4400],
    ['another version', { greet: false }, '{"type":"hello","v":2}', 4400],
    ['text that is no JSON', {}, 'hello', 4400],
    ['a message of no known type', {}, '{"type":"set","mark":"ISP2"}', 4400],
    ['a binary message', {}, new Uint8Array([1, 2]), 4400],
    ['a message that is too long', {}, JSON.stringify({ type: 'hello', v: 1, x: 'x'.repeat(65_536) }), 1009],
  ] as const)('ends on %s', async (_what, options, message, code) => {
    const client = await connect(await start(createMemoryLog()), options);
    if (message !== undefined) client.send(message);
    expect((await client.ended()).code).toBe(code);
  });

  it('ends on a flood of messages', async () => {
    const client = await connect(await start(createMemoryLog()));
    for (let i = 0; i < 200; i += 1) client.send({ type: 'unsub', id: 1 });
    expect((await client.ended()).code).toBe(4429);
  });

  it('opens only for pages of its own host, or for those that are named', async () => {
    const own = await start(createMemoryLog());
    await expect(connectLive(own.url, { origin: 'http://evil.example' })).rejects.toThrow('403');
    await expect(connectLive(own.url, { origin: 'null' })).rejects.toThrow('403');
    await (await connect(own, { origin: own.url })).take('welcome');
    const named = await start(createMemoryLog(), { origins: ['https://wall.example'] });
    await expect(connectLive(named.url, { origin: named.url })).rejects.toThrow('403');
    await (await connect(named, { origin: 'https://wall.example' })).take('welcome');
    expect(await metric(own, 'fairlead_live_refused_total')).toEqual({ origin: 2 });
  });

  it('does not go by a name of somebody else, though the page comes from there: DNS rebinding', async () => {
    const gateway = await runGateway(createMemoryLog(), { httpConfig: { hosts: ['wall.example'] } });
    running.push(gateway);
    const asked = { host: 'evil.example:8080', origin: 'http://evil.example:8080' };
    await expect(connectLive(gateway.url, asked)).rejects.toThrow('421');
    const page = await gateway.http.app.inject({ url: '/api/v1/wans', headers: { host: asked.host } });
    expect([page.statusCode, page.body]).toEqual([421, expect.stringContaining('http.hosts')]);
    const named = { host: 'wall.example:8080', origin: 'http://wall.example:8080' };
    await (await connect(gateway, named)).take('welcome');
    expect(await metric(gateway, 'fairlead_live_refused_total')).toEqual({ host: 1 });
  });

  it('keeps to its caps, and has room again when a client leaves', async () => {
    const gateway = await start(createMemoryLog(), { maxClients: 2, maxClientsPerAddress: 1 });
    const first = await connect(gateway);
    await expect(connectLive(gateway.url)).rejects.toThrow('429');
    first.close();
    await until('room', () => connect(gateway).catch(() => undefined));
  });

  it('answers an upgrade anywhere else with 404', async () => {
    const gateway = await start(createMemoryLog());
    await expect(connectLive(`${gateway.url}/else`)).rejects.toThrow('404');
  });
});

describe('a dead link', () => {
  it('is ended when a ping was not answered until the next; one that answers stays', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const gateway = await start(createMemoryLog(), { flushMs: 5_000 });
    const dead = await connect(gateway, { autoPong: false });
    const well = await connect(gateway);
    for (let id = 1; id <= 3; id += 1) {
      await vi.advanceTimersByTimeAsync(20_000);
      // The answer to this comes after the server has the pong.
      well.send({ type: 'sub', id, ch: 'events' });
      await well.take('snap');
    }
    expect((await dead.ended()).code).toBe(4012);
    expect(well.ws.readyState).toBe(well.ws.OPEN);
  });
});

describe('subscriptions', () => {
  it('begin with a snapshot and go on with deltas, without a gap', async () => {
    const log = createMemoryLog();
    const t = Date.now() - 10_000;
    await appendRecords(log, 'wanUtilisation', [utilisation('ISP1', t), utilisation('ISP2', t)]);
    const client = await connect(await start(log));
    client.send({ type: 'sub', id: 7, ch: 'wan/*' });
    const snap = await client.take('snap');
    expect(snap).toMatchObject({
      id: 7,
      ch: 'wan/*',
      cols: [
        't',
        'rxBps',
        'txBps',
        'rxUtil',
        'txUtil',
        'active',
        'condition',
        'sinceMs',
        'probeLoss',
        'probeRttMs',
      ],
      rows: {
        'gw1/ISP1': [[t, 10e6, 1e6, 0.2, 0.1, true, 'normal', null, null, null]],
        'gw1/ISP2': [[t, 10e6, 1e6, 0.2, 0.1, false, 'normal', null, null, null]],
      },
    });
    let seq = snap.seq;
    for (let i = 1; i <= 3; i += 1) {
      const probe = { probeLoss: 0, probeRttMs: 12.34 };
      await appendRecords(log, 'wanUtilisation', [
        utilisation('ISP1', t + i * 1_000, { rxBps: i, ...probe }),
      ]);
      const delta = await client.take('delta');
      expect(delta).toMatchObject({ id: 7, ch: 'wan/*', seq: seq + 1 });
      expect(delta.d).toEqual({
        'gw1/ISP1': [t + i * 1_000, i, 1e6, 0.2, 0.1, true, 'normal', null, 0, 12.3],
      });
      seq = delta.seq;
    }
  });

  it('give as much history as is asked for', async () => {
    const log = createMemoryLog();
    const now = Date.now();
    const past = Array.from({ length: 120 }, (_, i) => utilisation('ISP1', now - (120 - i) * 1_000));
    await appendRecords(log, 'wanUtilisation', past);
    const client = await connect(await start(log));
    client.send({ type: 'sub', id: 1, ch: 'wan/*', history: 60 });
    const snap = await client.take('snap');
    const rows = snap.ch === 'wan/*' ? snap.rows['gw1/ISP1'] : undefined;
    expect(rows?.length).toBeGreaterThan(50);
    expect(rows?.length).toBeLessThanOrEqual(60);
    expect(rows?.at(-1)?.[0]).toBe(now - 1_000);
  });

  it('say what the routers are, and what is read from them', async () => {
    const log = createMemoryLog();
    const gateway = await start(log);
    const client = await connect(gateway);
    client.send({ type: 'sub', id: 1, ch: 'routers' });
    expect(await client.take('snap')).toMatchObject({
      ch: 'routers',
      d: {
        gw1: {
          site: 'kirnak',
          mode: 'observe',
          reachable: null,
          limits: { leaveAbove: 0.8, returnBelow: 0.6 },
        },
      },
    });
    const state: RouterState = {
      ...RouterState.decode(new Uint8Array()),
      timeMs: Date.now(),
      router: 'gw1',
      reachable: true,
      error: '',
      identity: 'gw1',
      version: '7.20',
      boardName: 'CHR',
      uptimeMs: 1n,
      interfaces: [],
      steeringRules: [
        {
          ...SteeringRule.decode(new Uint8Array()),
          id: '*1',
          chain: 'prerouting',
          action: 'mark-routing',
          comment: 'Load-Balancing here',
          newRoutingMark: 'ISP2_Route',
          disabled: false,
          invalid: false,
          dynamic: false,
        },
      ],
    };
    await appendRecords(log, 'routerState', [state]);
    expect(await client.take('delta')).toMatchObject({
      d: {
        gw1: {
          reachable: true,
          version: '7.20',
          mark: 'ISP2_Route',
          locked: false,
          pin: null,
          wans: [
            { share: 0, targetShare: null, commitBps: null },
            { share: 1, targetShare: null },
          ],
        },
      },
    });
    await appendRecords(log, 'decisions', [
      {
        ...Decision.decode(new Uint8Array()),
        id: 'gw1/1',
        timeMs: Date.now(),
        router: 'gw1',
        wans: ['ISP1', 'ISP2'],
        toWeights: [3, 1],
      },
    ]);
    expect(await client.take('delta')).toMatchObject({
      d: {
        gw1: {
          wans: [
            { share: 0, targetShare: 0.75 },
            { share: 1, targetShare: 0.25 },
          ],
        },
      },
    });
  });

  it('are refused one by one, and the socket stays', async () => {
    const client = await connect(await start(createMemoryLog()));
    client.send({ type: 'sub', id: 1, ch: 'secrets' });
    expect(await client.take('error')).toMatchObject({ id: 1, code: 'unknown-channel', retryable: false });
    client.send({ type: 'sub', id: 1, ch: 'events' });
    await client.take('snap');
    client.send({ type: 'sub', id: 1, ch: 'wan/*' });
    expect(await client.take('error')).toMatchObject({ id: 1, code: 'id-in-use' });
    for (let id = 2; id <= 17; id += 1) client.send({ type: 'sub', id, ch: 'events' });
    expect(await client.take('error')).toMatchObject({ id: 17, code: 'too-many' });
  });

  it('end when they are ended', async () => {
    const log = createMemoryLog();
    const client = await connect(await start(log));
    client.send({ type: 'sub', id: 1, ch: 'events' });
    await client.take('snap');
    client.send({ type: 'unsub', id: 1 });
    client.send({ type: 'sub', id: 2, ch: 'events' });
    await client.take('snap');
    await appendRecords(log, 'wanEvents', [wanEvent('threshold-above', 1)]);
    expect(await client.take('event')).toMatchObject({ id: 2 });
    expect(client.received.filter((message) => message.type === 'event')).toHaveLength(1);
  });
});

describe('events', () => {
  it('of the past are there after a restart, in the order of time', async () => {
    const log = createMemoryLog();
    await appendRecords(log, 'actuations', [actuation(2_000), actuation(5_000)]);
    await appendRecords(log, 'wanEvents', [
      wanEvent('threshold-above', 1_000),
      wanEvent('threshold-below', 4_000),
    ]);
    await appendRecords(log, 'decisions', [
      {
        id: 'gw1/1500',
        timeMs: 1_500,
        site: 'kirnak',
        router: 'gw1',
        policy: 'spill',
        fromWan: 'ISP1',
        toWan: 'ISP2',
        fromMark: 'ISP1_Route',
        toMark: 'ISP2_Route',
        reason: 'full',
        wans: [],
        fromWeights: [],
        toWeights: [],
        emergency: false,
      },
    ]);
    const client = await connect(await start(log));
    client.send({ type: 'sub', id: 1, ch: 'events' });
    const snap = await client.take('snap');
    expect(snap.ch === 'events' && snap.events.map(({ ev }) => [ev.is, ev.t])).toEqual([
      ['event', 1_000],
      ['decision', 1_500],
      ['actuation', 2_000],
      ['event', 4_000],
      ['actuation', 5_000],
    ]);
    expect(snap.ch === 'events' && snap.events[2]?.ev).toMatchObject({
      outcome: 'confirmed',
      mode: 'armed',
      beforeMark: 'ISP1_Route',
      afterMark: 'ISP2_Route',
      latencyMs: 12.4,
    });
  });

  it('that came while a client was away are sent once each when it is back', async () => {
    const log = createMemoryLog();
    const gateway = await start(log);
    const first = await connect(gateway);
    first.send({ type: 'sub', id: 1, ch: 'events' });
    const { epoch } = await first.take('snap');
    await appendRecords(log, 'wanEvents', [wanEvent('wan-down', 1)]);
    const { seq } = await first.take('event');
    first.close();
    await appendRecords(log, 'wanEvents', [wanEvent('wan-up', 2), wanEvent('wan-down', 3)]);

    const second = await connect(gateway);
    second.send({ type: 'sub', id: 1, ch: 'events', since: { epoch, seq } });
    await second.take('resumed');
    await appendRecords(log, 'wanEvents', [wanEvent('wan-up', 4)]);
    const times: number[] = [];
    for (let i = 0; i < 3; i += 1) times.push((await second.take('event')).ev.t);
    expect(times).toEqual([2, 3, 4]);
    expect(second.received.filter((message) => message.type === 'snap')).toEqual([]);
  });

  it('of another life of the server are not continued: the client is told and gets a snapshot', async () => {
    const log = createMemoryLog();
    const client = await connect(await start(log));
    client.send({ type: 'sub', id: 1, ch: 'events', since: { epoch: 'earlier', seq: 12 } });
    expect(await client.take('resync')).toMatchObject({ id: 1, reason: 'epoch' });
    await client.take('snap');
    const epoch = (await connectedEpoch(client)) ?? '';
    client.send({ type: 'sub', id: 3, ch: 'events', since: { epoch, seq: 99 } });
    expect(await client.take('resync')).toMatchObject({ id: 3, reason: 'gap' });
  });

  it('that the log hands over twice are shown once', async () => {
    const log = createMemoryLog();
    const gateway = await start(log);
    const client = await connect(gateway);
    client.send({ type: 'sub', id: 1, ch: 'events' });
    await client.take('snap');
    await appendRecords(log, 'wanEvents', [wanEvent('wan-down', 1)]);
    await appendRecords(log, 'wanEvents', [wanEvent('wan-down', 1), wanEvent('wan-up', 2)]);
    expect((await client.take('event')).ev.t).toBe(1);
    expect((await client.take('event')).ev.t).toBe(2);
    expect(await metric(gateway, 'fairlead_dropped_total')).toEqual({ repeated: 1 });
  });
});

async function connectedEpoch(client: LiveTestClient): Promise<string | undefined> {
  client.send({ type: 'sub', id: 2, ch: 'events' });
  return (await client.take('snap')).epoch;
}

describe('the books', () => {
  it('balance: received = decoded + dropped, whatever comes', async () => {
    const log = createMemoryLog();
    const t = Date.now();
    await appendRecords(log, 'wanUtilisation', [utilisation('ISP1', t - 1_000)]);
    const gateway = await start(log);
    const client = await connect(gateway);
    client.send({ type: 'sub', id: 1, ch: 'wan/*' });
    await client.take('snap');
    await log.append([{ topic: topics.wanUtilisation.name, key: 'gw1', value: new Uint8Array([9, 1]) }]);
    await log.append([{ topic: topics.wanEvents.name, key: 'gw1', value: addressToBytes('::1') }]);
    await appendRecords(log, 'wanUtilisation', [
      utilisation('ISP1', t, { router: 'stranger' }),
      utilisation('ISP1', t - 2_000),
      utilisation('ISP1', t),
    ]);
    const { d } = await client.take('delta');
    expect(d).toMatchObject({ 'gw1/ISP1': { 0: t } });
    const dropped = await metric(gateway, 'fairlead_dropped_total');
    expect(dropped).toEqual({ 'broken-batch': 2, 'not-in-inventory': 1, 'not-newer': 1 });
    const received = (await metric(gateway, 'fairlead_received_total'))[''];
    const decoded = (await metric(gateway, 'fairlead_decoded_total'))[''];
    expect([received, decoded]).toEqual([6, 2]);
  });

  it('count clients and what they are sent', async () => {
    const gateway = await start(createMemoryLog());
    const client = await connect(gateway);
    await client.take('welcome');
    expect(await metric(gateway, 'fairlead_live_clients')).toEqual({ '': 1 });
    expect(await metric(gateway, 'fairlead_live_sent_total')).toEqual({ welcome: 1 });
    client.close();
    await until('the client gone', async () => (await metric(gateway, 'fairlead_live_clients'))[''] === 0);
    expect(await metric(gateway, 'fairlead_live_closed_total')).toEqual({ 1006: 1 });
  });
});

describe('stopping', () => {
  it('tells every client to come back, and when', async () => {
    const gateway = await start(createMemoryLog());
    const client = await connect(gateway);
    await client.take('welcome');
    await gateway.stop();
    const { code, reason } = await client.ended();
    expect(code).toBe(4001);
    expect((JSON.parse(reason) as { retryMs: number }).retryMs).toBeGreaterThanOrEqual(200);
  });

  it('does not wait for ever when the HTTP server closes first', async () => {
    const gateway = await start(createMemoryLog());
    const client = await connect(gateway);
    await client.take('welcome');
    await gateway.http.stop();
    expect((await client.ended()).code).toBe(4001);
  });
});

describe('an inventory that changes', () => {
  it('brings a router by a delta, and takes one away by a snapshot, on the same socket', async () => {
    const [gw1] = siteInventory();
    if (!gw1) throw new Error('a site has a router');
    const gw2 = { ...gw1, name: 'gw2' };
    const inventory = createInventoryHolder([gw1]);
    const gateway = await runGateway(createMemoryLog(), { inventory });
    running.push(gateway);
    const client = await connect(gateway);
    client.send({ type: 'sub', id: 1, ch: 'routers' });
    expect(await client.take('snap')).toMatchObject({ d: { gw1: { site: 'kirnak' } } });
    inventory.replace([gw1, gw2]);
    expect(Object.keys((await client.take('delta')).d)).toEqual(['gw2']);
    inventory.replace([gw2]);
    expect(await client.take('resync')).toMatchObject({ id: 1, reason: 'gap' });
    const snapshot = await client.take('snap');
    expect('d' in snapshot && Object.keys(snapshot.d)).toEqual(['gw2']);
  });
});
