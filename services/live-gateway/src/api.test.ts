import { join } from 'node:path';
import { apiRoutes } from '@fairlead/live-protocol';
import {
  addressToBytes,
  decodeFrames,
  encodeFrames,
  Flow,
  FlowDirection,
  Order,
  RouterState,
  WanUtilisation,
} from '@fairlead/model';
import { createChdbStore, type TelemetryStore } from '@fairlead/telemetry-store';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  appendRecords,
  connectLive,
  createMemoryLog,
  giveToken,
  runGateway,
  type RunningGateway,
  utilisation,
} from './testing/index.ts';

const folder = temporaryFolder();
const tokenFile = join(folder.path, 'tokens.json');
// The 20th of a month, 12:00 UTC.
const now = Date.UTC(2026, 10, 20, 12);
const monthStart = Date.UTC(2026, 10);
const log = createMemoryLog();
let gateway: RunningGateway;
let store: TelemetryStore;
let write = '';
let read = '';

/** Samples of a month so far, one in ten seconds for some hours, with a gap and a peak. */
const samples = Array.from({ length: 3_000 }, (_, i) =>
  utilisation('ISP1', monthStart + (i < 1_500 ? i : i + 777) * 10_000 + 3_210, {
    rxBps: 1e6 * (1 + ((i * 7_919) % 97)),
    txBps: i > 2_900 ? 9e6 : 1e5 * ((i * 31) % 13),
    intervalMs: 10_000,
  }),
);

const flow = (inside: string, direction: Flow['direction'], bytes: number, samplingRate = 1): Flow => ({
  ...Flow.decode(new Uint8Array()),
  timeMs: now - 60_000,
  router: 'gw1',
  exporter: addressToBytes('192.0.2.1'),
  srcAddress: addressToBytes(inside),
  dstAddress: addressToBytes('198.51.100.9'),
  wan: 'ISP1',
  direction,
  insideAddress: addressToBytes(inside),
  bytes,
  samplingRate,
});

beforeAll(async () => {
  store = await createChdbStore({ directory: join(folder.path, 'store') });
  await store.migrate();
  const insert = (topic: string, values: readonly Uint8Array[]) =>
    store.insert({ topic, partition: 0, firstOffset: 0, lastOffset: 0, firstTimestampMs: 1, values });
  await insert(topics.wanUtilisation.name, [encodeFrames(WanUtilisation, samples)]);
  await insert(topics.flows.name, [
    encodeFrames(Flow, [
      flow('10.0.0.5', FlowDirection.IN, 500),
      flow('10.0.0.5', FlowDirection.OUT, 70),
      flow('10.0.0.6', FlowDirection.IN, 10, 100),
      { ...flow('10.0.0.7', FlowDirection.IN, 9_999), wan: 'ISP2' },
      { ...flow('10.0.0.8', FlowDirection.IN, 9_999), timeMs: now - 3_600_000 },
    ]),
  ]);
  write = await giveToken(tokenFile, { name: 'noc', write: true, expiresMs: now + 1e12 });
  read = await giveToken(tokenFile, { name: 'wall', expiresMs: now + 1e12 });
  gateway = await runGateway(log, {
    store,
    config: { tokenFile },
    clock: { nowMs: () => now, monotonicMs: () => performance.now() },
  });
});

afterAll(async () => {
  await gateway.stop();
  await store.close();
  folder.remove();
});

function groupBy<T>(items: readonly T[], keyOf: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

const get = async (path: string): Promise<Response> => fetch(`${gateway.url}${path}`);

describe('GET', () => {
  it('a router gives what it was when it was last read', async () => {
    const ask = async () => apiRoutes.router.answer.parse(await (await get('/api/v1/routers/gw1')).json());
    expect(await ask()).toMatchObject({ site: 'kirnak', readMs: null, interfaces: [] });
    const state = { ...RouterState.decode(new Uint8Array()), timeMs: now, router: 'gw1', boardName: 'CHR' };
    await appendRecords(log, 'routerState', [state]);
    expect(
      await until('it is read', async () => ((await ask()).readMs === null ? undefined : ask())),
    ).toMatchObject({
      ...{ readMs: now, board: 'CHR' },
    });
    expect((await get('/api/v1/routers/gw9')).status).toBe(404);
  });

  it('history gives means and peaks of each step, and leaves steps without samples out', async () => {
    const [fromMs, untilMs, stepMs] = [monthStart, monthStart + 6 * 3_600_000, 600_000];
    const answer = await get(
      `/api/v1/wans/gw1/ISP1/history?fromMs=${fromMs}&untilMs=${untilMs}&stepMs=${stepMs}`,
    );
    const { points, site } = apiRoutes.history.answer.parse(await answer.json());
    const wanted = groupBy(
      samples.filter(({ timeMs }) => timeMs < untilMs),
      ({ timeMs }) => Math.floor(timeMs / stepMs) * stepMs,
    );
    expect(site).toBe('kirnak');
    expect(points).toEqual(
      [...wanted].map(([timeMs, rows]) => ({
        timeMs,
        rxBps: Math.round(rows.reduce((sum, row) => sum + row.rxBps, 0) / rows.length),
        txBps: expect.closeTo(rows.reduce((sum, row) => sum + row.txBps, 0) / rows.length, -1) as number,
        rxPeakBps: Math.max(...rows.map((row) => row.rxBps)),
        txPeakBps: Math.max(...rows.map((row) => row.txBps)),
        samples: rows.length,
      })),
    );
    expect(points.length).toBeLessThan(36);
  });

  it('billing is the 95th percentile of exact five-minute means, as counted by hand', async () => {
    const answer = await get('/api/v1/wans/gw1/ISP1/billing');
    const billing = apiRoutes.billing.answer.parse(await answer.json());
    const windows = [...groupBy(samples, ({ timeMs }) => Math.floor((timeMs - 1) / 300_000)).values()];
    const p95 = (of: (sample: WanUtilisation) => number): number =>
      windows
        .map((rows) => rows.reduce((sum, row) => sum + of(row) * row.intervalMs, 0) / 300_000)
        .sort((a, b) => b - a)[Math.floor(windows.length * 0.05)] ?? NaN;
    expect(billing).toMatchObject({ monthStartMs: monthStart, windows: windows.length, commitBps: null });
    expect(billing.p95RxBps).toBe(p95(({ rxBps }) => rxBps));
    expect(billing.p95TxBps).toBe(p95(({ txBps }) => txBps));
  });

  it('billing is on the wall too', async () => {
    const client = await connectLive(gateway.url);
    client.send({ type: 'sub', id: 1, ch: 'routers' });
    const p95 = await until('the figure', () =>
      client.received
        .flatMap((message) =>
          (message.type === 'snap' || message.type === 'delta') && message.ch === 'routers'
            ? Object.values(message.d)
            : [],
        )
        .map(({ wans }) => wans[0]?.p95)
        .findLast((each) => each !== null),
    );
    const billing = apiRoutes.billing.answer.parse(await (await get('/api/v1/wans/gw1/ISP1/billing')).json());
    expect(p95).toEqual({
      rxBps: Math.round(billing.p95RxBps ?? NaN),
      txBps: Math.round(billing.p95TxBps ?? NaN),
      sinceMs: monthStart,
    });
    client.close();
  });

  it('talkers are the hosts inside by what crossed this WAN, scaled by the sampling rate', async () => {
    const answer = await get('/api/v1/wans/gw1/ISP1/talkers?minutes=15');
    expect(apiRoutes.talkers.answer.parse(await answer.json()).talkers).toEqual([
      { address: '10.0.0.6', rxBytes: 1_000, txBytes: 0, flows: 1 },
      { address: '10.0.0.5', rxBytes: 500, txBytes: 70, flows: 2 },
    ]);
    const none = await get('/api/v1/wans/gw1/ISP2/billing');
    expect(apiRoutes.billing.answer.parse(await none.json())).toMatchObject({ windows: 0, p95RxBps: null });
  });

  it.each([
    ['/api/v1/wans/gw1/ISP9/billing', 404, 'unknown-wan'],
    ["/api/v1/wans/gw1/ISP1'--/billing", 404, 'unknown-wan'],
    ['/api/v1/wans/gw1/ISP1/history?fromMs=0', 400, 'too-much'],
    ['/api/v1/wans/gw1/ISP1/history?fromMs=9&untilMs=3', 400, 'bad-request'],
    ['/api/v1/wans/gw1/ISP1/history?stepMs=1;DROP', 400, 'bad-request'],
    ['/api/v1/wans/gw1/ISP1/talkers?limit=1000000', 400, 'bad-request'],
  ])('%s is refused with a word', async (path, status, word) => {
    const answer = await get(path);
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: word }]);
  });

  it('history is not there without a store, and says so', async () => {
    const bare = await runGateway(createMemoryLog());
    const answer = await fetch(`${bare.url}/api/v1/wans/gw1/ISP1/billing`);
    expect([answer.status, await answer.json()]).toMatchObject([503, { error: 'no-store' }]);
    await bare.stop();
  });
});

describe('an order', () => {
  const post = (body: unknown, token: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${gateway.url}/api/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
      body: JSON.stringify(body),
    });
  const lock = { kind: 'lock', router: 'gw1', note: 'ISP1 is being repaired' };

  it('is a record that says who, from where and why, and shows among the events', async () => {
    const client = await connectLive(gateway.url);
    client.send({ type: 'sub', id: 1, ch: 'events' });
    await client.take('snap');
    const answer = await post({ ...lock, kind: 'pin', wan: 'ISP2', untilMs: now + 60_000 }, write);
    expect(answer.status).toBe(202);
    const { id } = apiRoutes.orders.answer.parse(await answer.json());
    expect((await client.take('event')).ev).toEqual({
      is: 'order',
      id,
      t: now,
      site: 'kirnak',
      router: 'gw1',
      wan: 'ISP2',
      order: 'pin',
      by: 'noc',
      note: 'ISP1 is being repaired',
      untilMs: now + 60_000,
    });
    const [record] = await log.read(topics.orders.name, 0, 0, 1);
    expect(record && decodeFrames(Order, record.value)[0]).toMatchObject({
      tokenName: 'noc',
      tokenId: write.slice(4, 12),
      fromAddress: '127.0.0.1',
    });
    client.close();
    const listed = apiRoutes.events.answer.parse(
      await (await get('/api/v1/events?router=gw1&limit=1')).json(),
    );
    expect(listed.events.map((event) => event.id)).toEqual([id]);
  });

  it.each([
    ['with a token that only reads', lock, () => read, {}, 403, 'read-only'],
    ['with no token of ours', lock, () => 'flt_00000000_x', {}, 401, 'unauthorised'],
    ['from a page elsewhere', lock, () => write, { origin: 'http://evil.example' }, 403, 'origin'],
    ['as a form would send it', lock, () => write, { 'content-type': 'text/plain' }, 400, 'bad-request'],
    ['without a reason', { ...lock, note: ' ' }, () => write, {}, 400, 'bad-request'],
    ['of no known kind', { ...lock, kind: 'reboot' }, () => write, {}, 400, 'bad-request'],
    ['for a strange router', { ...lock, router: 'gw9' }, () => write, {}, 404, 'unknown-router'],
    [
      'for a pin in the past',
      { ...lock, kind: 'pin', wan: 'ISP1', untilMs: now },
      () => write,
      {},
      409,
      'not-possible',
    ],
    [
      'for a strange WAN',
      { ...lock, kind: 'pin', wan: 'X', untilMs: now + 9 },
      () => write,
      {},
      409,
      'not-possible',
    ],
  ])('%s is refused, and nothing is written', async (_what, body, token, headers, status, word) => {
    const before = await log.partitions(topics.orders.name);
    const answer = await post(body, token(), headers);
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: word }]);
    expect(await log.partitions(topics.orders.name)).toEqual(before);
  });

  it('is stored with the words for its kind', async () => {
    const [record] = await log.read(topics.orders.name, 0, 0, 1);
    await store.insert({
      topic: topics.orders.name,
      partition: 0,
      firstOffset: 0,
      lastOffset: 0,
      firstTimestampMs: 1,
      values: record ? [record.value] : [],
    });
    const { body } = await store.query('SELECT kind, wan, until_time, token_name FROM orders', 'TSV');
    expect(Buffer.from(body).toString()).toBe('pin\tISP2\t2026-11-20 12:01:00.000\tnoc\n');
  });
});
