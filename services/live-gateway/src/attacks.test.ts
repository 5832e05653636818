import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { until } from '@fairlead/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import {
  appendRecords,
  connectLive,
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
let raw: Socket[] = [];

async function start(options: Parameters<typeof runGateway>[1] = {}, log = createMemoryLog()) {
  const gateway = await runGateway(log, options);
  running.push(gateway);
  return { gateway, log, port: Number(new URL(gateway.url).port) };
}

afterEach(async () => {
  for (const socket of raw) socket.destroy();
  raw = [];
  for (const client of open.splice(0)) client.close();
  for (const gateway of running.splice(0)) await gateway.stop();
});

/** Opens connections that say only this, and counts those that the server ended. */
async function openMany(
  port: number,
  count: number,
  text = '',
  afterBatch = async (): Promise<void> => undefined,
): Promise<{ readonly ended: () => number }> {
  let ended = 0;
  const batch = 250;
  for (let done = 0; done < count; done += batch) {
    await Promise.all(
      Array.from({ length: Math.min(batch, count - done) }, async () => {
        const socket = connect(port, '127.0.0.1');
        raw.push(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => (ended += 1));
        socket.resume();
        await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
        if (text !== '') socket.write(text);
      }),
    );
    await afterBatch();
  }
  return { ended: () => ended };
}

const metric = async (gateway: RunningGateway, name: string): Promise<number> =>
  ((await gateway.telemetry.registry.getSingleMetric(name)?.get())?.values ?? []).reduce(
    (sum, { value }) => sum + value,
    0,
  );

const upgrade = (host: string, key = 'AAAAAAAAAAAAAAAAAAAAAA=='): string =>
  `GET /ws HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: wanboard.v1\r\n\r\n';

describe('ten thousand half-open connections', () => {
  it('that say nothing: two hundred are kept for a while, the others end at once, and those who mean it get in', async () => {
    const { gateway, port } = await start({
      httpConfig: { maxConnectionsPerAddress: 200, requestTimeoutMs: 2_000 },
    });
    const before = process.memoryUsage().rss;
    const kept: number[] = [];
    const many = await openMany(port, 10_000, '', async () => {
      kept.push(await metric(gateway, 'fairlead_http_connections'));
    });
    expect(Math.max(...kept)).toBeLessThanOrEqual(200);
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 2 ** 20);
    await until('all ended', () => many.ended() === 10_000);
    expect(await metric(gateway, 'fairlead_http_refused_total')).toBeGreaterThan(5_000);
    await (await connectAs(gateway)).take('welcome');
  });

  it('that began a request: the same', async () => {
    const { port, gateway } = await start({
      httpConfig: { maxConnectionsPerAddress: 50, requestTimeoutMs: 1_000 },
    });
    const many = await openMany(port, 500, 'GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ');
    await until('all ended', () => many.ended() === 500);
    await (await connectAs(gateway)).take('welcome');
  });

  it('that became WebSockets and say no hello: held to the limits of an address, ended after five seconds', async () => {
    const { port, gateway } = await start({ config: { maxClientsPerAddress: 100 } });
    const many = await openMany(port, 400, upgrade(`127.0.0.1:${port}`));
    await until('those beyond the limit ended', () => many.ended() >= 300);
    expect(await metric(gateway, 'fairlead_live_clients')).toBe(100);
    await until('the others ended', () => many.ended() === 400);
    await (await connectAs(gateway)).take('welcome');
  });
});

async function connectAs(gateway: RunningGateway): Promise<LiveTestClient> {
  // The connections that were let go may take a moment to be forgotten.
  const client = await until('room for one who means it', () =>
    connectLive(gateway.url).catch(() => undefined),
  );
  open.push(client);
  return client;
}

describe('frames that no browser sends', () => {
  it.each([
    ['not masked', Buffer.from([0x81, 0x02, 0x7b, 0x7d]), 1002],
    ['with reserved bits', Buffer.from([0xf1, 0x80, 0, 0, 0, 0]), 1002],
    ['of an unknown opcode', Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002],
    ['a control frame in pieces', Buffer.from([0x09, 0x80, 0, 0, 0, 0]), 1002],
    [
      'a length of 2^63',
      Buffer.from([0x81, 0xff, 0xff, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0]),
      1009,
    ],
    ['a length of a gigabyte', Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0]), 1009],
    ['text that is no UTF-8', Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]), 1007],
  ])('%s end the socket', async (_what, bytes, code) => {
    const { gateway, port } = await start();
    const socket = connect(port, '127.0.0.1');
    raw.push(socket);
    let got = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => (got = Buffer.concat([got, chunk])));
    socket.write(upgrade(`127.0.0.1:${port}`));
    await until('the upgrade', () => got.includes('\r\n\r\n'));
    const start8 = got.indexOf('\r\n\r\n') + 4;
    socket.write(bytes);
    await once(socket, 'close');
    const end = got.subarray(start8);
    expect([end[0], end.readUInt16BE(2)]).toEqual([0x88, code]);
    await until('it forgotten', async () => (await metric(gateway, 'fairlead_live_clients')) === 0);
  });

  it('fragments of a message without end are held to its size', async () => {
    const { port } = await start();
    const socket = connect(port, '127.0.0.1');
    raw.push(socket);
    let got = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => (got = Buffer.concat([got, chunk])));
    socket.on('error', () => undefined);
    socket.write(upgrade(`127.0.0.1:${port}`));
    await until('the upgrade', () => got.includes('\r\n\r\n'));
    const closed = once(socket, 'close');
    const piece = (opcode: number): Buffer =>
      Buffer.concat([Buffer.from([opcode, 0xfe, 0x40, 0x00, 0, 0, 0, 0]), Buffer.alloc(0x4000, 0x20)]);
    socket.write(piece(0x01));
    for (let i = 0; i < 8; i += 1) socket.write(piece(0x00));
    await closed;
    expect(got.subarray(got.indexOf('\r\n\r\n') + 4).readUInt16BE(2)).toBe(1009);
  });
});

it('a subscriber to everything gets it within limits: subscriptions, rows and events are bounded', async () => {
  const wans = 8;
  const log = createMemoryLog();
  const { gateway } = await start({ inventory: siteInventory({ wans }) }, log);
  const t = Date.now() - 700_000;
  for (let i = 0; i < 700; i += 1) {
    const rows = Array.from({ length: wans }, (_, w) => utilisation(`ISP${w + 1}`, t + i * 1_000));
    await appendRecords(log, 'wanUtilisation', rows);
  }
  await appendRecords(
    log,
    'wanEvents',
    Array.from({ length: 3_000 }, (_, i) => wanEvent('wan-down', i)),
  );
  const client = await connectAs(gateway);
  for (let id = 1; id <= 40; id += 1) client.send({ type: 'sub', id, ch: 'wan/*', history: 600 });
  const answers = (): number => client.received.filter(({ type }) => type !== 'tick').length;
  await until('all answered', () => answers() === 41);
  const snaps = client.received.filter((message) => message.type === 'snap');
  expect(snaps).toHaveLength(16);
  const rows = snaps[0]?.ch === 'wan/*' ? Object.values(snaps[0].rows).flat().length : 0;
  expect(rows).toBeGreaterThan(4_000);
  expect(rows).toBeLessThanOrEqual(600 * wans);
  expect(
    client.received.filter((message) => message.type === 'error' && message.code === 'too-many'),
  ).toHaveLength(24);
  client.send({ type: 'unsub', id: 1 });
  client.send({ type: 'sub', id: 1, ch: 'events' });
  const events = await until('the events', () =>
    client.received.find((message) => message.type === 'snap' && message.ch === 'events'),
  );
  expect(events.events).toHaveLength(200);
});

describe('clients that ask for everything again and again, each time for another history under another id', () => {
  const ATTACKERS = 10;

  /** Four routers of eight WANs with ten minutes of samples: 1.2 MB in a snapshot. */
  async function startAttack() {
    const [router] = siteInventory({ wans: 8 });
    if (!router) throw new Error('a site has a router');
    const inventory = [1, 2, 3, 4].map((n) => ({ ...router, name: `gw${n}` }));
    const { gateway, log } = await start({ inventory });
    const t = Date.now() - 600_000;
    for (let i = 0; i < 600; i += 1) {
      const rows = inventory.flatMap(({ name, wans }) =>
        wans.map((wan) => utilisation(wan.name, t + i * 1_000, { router: name, rxBps: 1e7 + i })),
      );
      await appendRecords(log, 'wanUtilisation', rows);
    }
    const well = await connectAs(gateway);
    well.send({ type: 'sub', id: 1, ch: 'events' });
    await well.take('snap');
    const attackers: LiveTestClient[] = [];
    for (let i = 0; i < ATTACKERS; i += 1) {
      const attacker = await connectAs(gateway);
      await attacker.take('welcome');
      attackers.push(attacker);
    }
    const attack = (): void => {
      for (let n = 0; n < 49; n += 1) {
        for (const [i, { ws }] of attackers.entries()) {
          const id = 1_000 + n * ATTACKERS + i;
          ws.send(JSON.stringify({ type: 'sub', id, ch: 'wan/*', history: 600 - id / 100 }));
          ws.send(JSON.stringify({ type: 'unsub', id }));
        }
      }
    };
    /** An event reaches the one who behaves. */
    const serve = async (): Promise<void> => {
      await appendRecords(log, 'wanEvents', [wanEvent('wan-down', 1)]);
      await well.take('event');
    };
    return { attackers, attack, serve };
  }

  it('and read it: what is made is shared, and bounded', async () => {
    const { attackers, attack, serve } = await startAttack();
    const made = new Set<string>();
    let [snapshots, done] = [0, 0];
    for (const { ws } of attackers) {
      // Messages of a megabyte are not looked into, or this would take longer than making them.
      ws.removeAllListeners('message');
      ws.on('message', (data: Buffer) => {
        const head = data.toString('latin1', 0, 120);
        if (head.includes('"ch":"events"')) done += 1;
        if (!head.includes('"ch":"wan/*"')) return;
        snapshots += 1;
        made.add(/"now":(\d+)/.exec(head)?.[1] ?? head);
      });
    }
    const startMs = performance.now();
    attack();
    for (const attacker of attackers) attacker.send({ type: 'sub', id: 1, ch: 'events' });
    await serve();
    await until('all answered', () => done === ATTACKERS);
    expect(made.size).toBeLessThanOrEqual(2 + (performance.now() - startMs) / 250);
    // 8 MiB and the one that went beyond.
    expect(snapshots).toBeLessThanOrEqual(9 * ATTACKERS);
  });

  it('and do not read it: they get no more than one on top of what waits', async () => {
    const { attackers, attack, serve } = await startAttack();
    for (const { ws } of attackers) ws.pause();
    const before = process.memoryUsage().arrayBuffers;
    attack();
    await serve();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(ATTACKERS * 4 * 2 ** 20);
  });
});

describe('a client that stops reading', () => {
  /** Sends events until the second client is behind, while the first one gets them all. */
  async function startWithLaggard() {
    let aheadMs = 0;
    const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() + aheadMs };
    const { gateway, log } = await start({ clock });
    const well = await connectAs(gateway);
    const slow = await connectAs(gateway);
    for (const client of [well, slow]) {
      client.send({ type: 'sub', id: 1, ch: 'events' });
      await client.take('snap');
    }
    slow.ws.pause();
    // As much as the kernel takes, then the high-water mark, then nothing more.
    const message = 'x'.repeat(30_000);
    let sent = 0;
    const got = (client: LiveTestClient): number[] =>
      client.received.flatMap((each) => (each.type === 'event' ? [each.seq] : []));
    await until(
      'the slow one to be behind',
      async () => {
        const batch = Array.from({ length: 20 }, () => wanEvent('wan-down', (sent += 1), { message }));
        await appendRecords(log, 'wanEvents', batch);
        await until('the other one served', () => got(well).length === sent);
        return (await metric(gateway, 'fairlead_live_laggards')) === 1;
      },
      { everyMs: 1 },
    );
    return { gateway, slow, got, sent, wait: (ms: number) => (aheadMs += ms) };
  }

  it('has every event once it reads again', async () => {
    const { slow, got, sent } = await startWithLaggard();
    slow.ws.resume();
    await until('all events', () => got(slow).length >= sent);
    expect(got(slow)).toEqual(Array.from({ length: sent }, (_, i) => i + 1));
  });

  it('is ended when that takes too long, and sees why', async () => {
    const { gateway, slow, wait } = await startWithLaggard();
    wait(15_001);
    await until('the end of the lag', async () => (await metric(gateway, 'fairlead_live_laggards')) === 0);
    slow.ws.resume();
    expect((await slow.ended()).code).toBe(4008);
  });
});
