import { AppendError, createEmbeddedLog, type EventLog } from '@fairlead/event-log';
import { decodeFrames, fixedInventory, inventorySchema, SyslogMessage, systemClock } from '@fairlead/model';
import { createTelemetry, type Telemetry } from '@fairlead/runtime';
import { type LedgerTotals, readLedger } from '@fairlead/runtime/testing';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSyslogCollector, type SyslogCollector, syslogCollectorConfigSchema } from './index.ts';

const folder = temporaryFolder();
let log: EventLog;
let telemetry: Telemetry;
let collector: SyslogCollector | undefined;
const sockets: Socket[] = [];

const router = {
  name: 'gw1',
  site: 'north',
  address: '127.0.0.1',
  snmp: { community: 'public' },
  wans: [{ name: 'isp1', interface: 'ether1', capacity: { rx: '50M', tx: '10M' }, routingMark: 'isp1' }],
};

beforeEach(async () => {
  log = await createEmbeddedLog({ directory: join(folder.path, String(Math.random())) });
  telemetry = createTelemetry({ level: 'silent' });
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await collector?.stop();
  collector = undefined;
  await log.close();
});

async function start(
  options: Record<string, unknown>,
  { routers = [router], toLog = log }: { routers?: readonly unknown[]; toLog?: EventLog } = {},
): Promise<SyslogCollector> {
  collector = createSyslogCollector(syslogCollectorConfigSchema.parse({ port: 0, ...options }), {
    log: toLog,
    inventory: fixedInventory(inventorySchema.parse(routers)),
    clock: systemClock,
    telemetry,
  });
  await collector.start();
  return collector;
}

async function open(transport: 'tcp' | 'tls', options: ConnectionOptions = {}): Promise<Socket> {
  const place = collector?.streamAddress(transport);
  if (!place) throw new Error(`no ${transport} listener`);
  const { port, address: host } = place;
  const socket =
    transport === 'tcp'
      ? connect({ port: options.port ?? port, host: options.host ?? host })
      : connectTls({ port, host, rejectUnauthorized: false, ...options });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, transport === 'tcp' ? 'connect' : 'secureConnect');
  return socket;
}

/** Closed by the other side, which may cut off what is being written. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket
      .on('error', () => undefined)
      .once('close', () => resolve())
      .resume();
  });
const books = (): Promise<LedgerTotals> => readLedger(telemetry.registry, 'syslog-collector', 'messages');
const untilStored = (count: number): Promise<unknown> =>
  until(`${count} messages are stored`, async () => (await books()).stored >= count);

async function messages(): Promise<SyslogMessage[]> {
  const { name } = topics.syslog;
  const found: SyslogMessage[] = [];
  for (const { partition, nextOffset } of await log.partitions(name)) {
    for (let offset = 0; offset < nextOffset;) {
      const records = await log.read(name, partition, offset, 1_000);
      found.push(...records.flatMap(({ value }) => decodeFrames(SyslogMessage, value)));
      offset = (records.at(-1)?.offset ?? nextOffset) + 1;
    }
  }
  return found;
}
const texts = async (): Promise<string[]> => (await messages()).map(({ message }) => message);

async function refusals(reason: string): Promise<number> {
  const metric = await telemetry.registry.getSingleMetric('fairlead_stream_refused_connections_total')?.get();
  return (metric?.values ?? [])
    .filter(({ labels }) => labels['reason'] === reason)
    .reduce((sum, { value }) => sum + value, 0);
}
const untilRefused = (reason: string, count = 1): Promise<unknown> =>
  until(`${count} connections are refused as ${reason}`, async () => (await refusals(reason)) >= count);

const counted = (message: string): string => `${Buffer.byteLength(message)} ${message}`;
const bsd = (text: string): string => `<30>Oct  2 17:36:35 gw1 ${text}`;

describe('a TCP connection', () => {
  it('brings octet-counted, newline-ended and undelimited messages', async () => {
    await start({ tcp: { port: 0 }, streams: { quietMs: 50 } });
    const first = await open('tcp');
    first.write(counted(bsd('grüß\ndich')) + counted('<13>1 - - - - - - two'));
    const second = await open('tcp');
    second.end(`${bsd('line one')}\n${bsd('line two')}\r\nno end`);
    const third = await open('tcp');
    third.write(bsd('ether1 link down') + bsd('ether2 link up (speed 1G, full duplex)'));
    await untilStored(7);
    expect((await texts()).sort()).toEqual(
      [
        'grüß\ndich',
        'two',
        'line one',
        'line two',
        'no end',
        'ether1 link down',
        'ether2 link up (speed 1G, full duplex)',
      ].sort(),
    );
    expect(await messages()).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ router: 'gw1', eventKind: 'link-down', severity: 6, facility: 3 }),
      ]),
    );
    expect(await books()).toEqual({ received: 7, decoded: 0, stored: 7, dropped: {} });
  });

  it('comes over IPv4 and IPv6 on the same port', async () => {
    await start({ host: ['127.0.0.1', '::1'], tcp: { port: 0 } });
    const port = collector?.streamAddress('tcp')?.port ?? 0;
    for (const host of ['127.0.0.1', '::1']) (await open('tcp', { host, port })).end(`${bsd(host)}\n`);
    await untilStored(2);
    expect((await messages()).map(({ router: name, message }) => [message, name]).sort()).toEqual([
      ['127.0.0.1', 'gw1'],
      ['::1', ''],
    ]);
  });

  it('loses a message that is too long, counts it, and goes on', async () => {
    await start({ tcp: { port: 0 }, streams: { maxMessageBytes: 480 } });
    (await open('tcp')).end(`${bsd('x'.repeat(500))}\n${bsd('fits')}\n${'y'.repeat(2_000)}`);
    await untilStored(1);
    await until('all is booked', async () => (await books()).received === 3);
    expect(await books()).toEqual({ received: 3, decoded: 0, stored: 1, dropped: { 'too-long': 2 } });
    expect(await texts()).toEqual(['fits']);
  });

  it('is refused where it may not come from, and where there are too many', async () => {
    await start({ tcp: { port: 0 }, allowFrom: ['192.0.2.0/24'] });
    await once((await open('tcp')).resume(), 'close');
    await untilRefused('not-allowed');
    await collector?.stop();

    await start({ tcp: { port: 0 }, streams: { maxConnectionsPerAddress: 2 } });
    const kept = [await open('tcp'), await open('tcp')];
    await once((await open('tcp')).resume(), 'close');
    await untilRefused('too-many-of-address');
    kept[0]?.destroy();
    await until('there is room again', async () => {
      const socket = await open('tcp');
      socket.end(`${bsd('room')}\n`);
      return (await books()).stored >= 1;
    });
    await collector?.stop();

    await start({ tcp: { port: 0 }, streams: { maxConnections: 1 } });
    await open('tcp');
    await once((await open('tcp')).resume(), 'close');
    await untilRefused('too-many');
  });

  it('is ended when it says nothing, and when it never ends a message, of which what came is kept', async () => {
    await start({
      tcp: { port: 0 },
      streams: { idleTimeoutMs: 1_000, messageTimeoutMs: 1_000, quietMs: 10, splitAtPri: false },
    });
    const idle = await open('tcp');
    const slow = await open('tcp');
    const drip = setInterval(() => slow.write('x'), 50);
    try {
      await Promise.all([idle, slow].map(closed));
    } finally {
      clearInterval(drip);
    }
    await untilRefused('idle');
    await untilRefused('slow');
    await untilStored(1);
    expect(await texts()).toEqual([expect.stringMatching(/^x{5,}$/)]);
  });

  it('waits while the log is slow, and loses nothing', async () => {
    const MESSAGES = 3_000;
    let isOpen = false;
    let failures = 0;
    const slowLog: EventLog = {
      ...log,
      append(records) {
        if (isOpen) return log.append(records);
        failures += 1;
        return Promise.reject(new AppendError('not now'));
      },
    };
    await start(
      { tcp: { port: 0 }, streams: { queueBytes: 65_536, connectionQueueBytes: 16_384 } },
      { toLog: slowLog },
    );
    const socket = await open('tcp');
    const lines = Array.from({ length: MESSAGES }, (_, i) => bsd(`${i} ${'z'.repeat(500)}`));
    socket.end(`${lines.join('\n')}\n`);
    await until('the log has failed a few times', () => failures >= 3);
    const { received } = await books();
    expect(received).toBeGreaterThan(0);
    // What was read is bounded by the queue and the chunk that filled it; the rest waits in the sender.
    expect(received * 600).toBeLessThan(65_536 + 2 * 65_536);
    isOpen = true;
    await untilStored(MESSAGES);
    expect((await texts()).map((text) => Number(text.split(' ')[0]))).toEqual(lines.map((_, i) => i));
    expect(await books()).toEqual({ received: MESSAGES, decoded: 0, stored: MESSAGES, dropped: {} });
  });

  it('that floods does not stop another', async () => {
    let letGo: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (letGo = resolve));
    const heldLog: EventLog = {
      ...log,
      async append(records) {
        await released;
        return log.append(records);
      },
    };
    await start(
      { tcp: { port: 0 }, streams: { queueBytes: 1_048_576, connectionQueueBytes: 16_384 } },
      { toLog: heldLog },
    );
    const flood = await open('tcp');
    flood.write(`${bsd('f'.repeat(400))}\n`.repeat(3_000));
    await until('the flood is not read any more', async () => {
      const metric = await telemetry.registry.getSingleMetric('fairlead_stream_pauses_total')?.get();
      return (metric?.values[0]?.value ?? 0) > 0;
    });
    const before = (await books()).received;
    (await open('tcp')).write(`${bsd('me too')}\n`);
    await until('the other one is read', async () => (await books()).received === before + 1);
    letGo();
    await untilStored(3_001);
  });

  it('is read to its end when the collector stops', async () => {
    await start({ tcp: { port: 0 } });
    const socket = await open('tcp');
    const lines = Array.from({ length: 5_000 }, (_, i) => bsd(`line ${i}`));
    await new Promise<void>((resolve) =>
      socket.write(`${lines.join('\n')}\n<30>the last has no end`, () => resolve()),
    );
    await collector?.stop();
    expect(await books()).toEqual({ received: 5_001, decoded: 0, stored: 5_001, dropped: {} });
    expect((await texts()).at(-1)).toBe('the last has no end');
  });

  it('has its listener on no other port in silence', async () => {
    const first = await start({ tcp: { port: 0 } });
    const { port = 0 } = first.streamAddress('tcp') ?? {};
    await expect(start({ tcp: { port } })).rejects.toThrow(
      `syslog.tcp: tcp 127.0.0.1:${port} is taken by another process; stop it or set syslog.tcp.port`,
    );
    await first.stop();
  });
});

describe('a router', () => {
  it('whose identity has spaces is understood as the inventory has it', async () => {
    await start({ tcp: { port: 0 } }, { routers: [{ ...router, syslog: { identity: 'My Router' } }] });
    (await open('tcp')).end('<30>Oct  2 17:36:35 My Router ether1 link down\n');
    await untilStored(1);
    expect(await messages()).toMatchObject([
      {
        hostname: 'My Router',
        eventKind: 'link-down',
        eventFields: [{ name: 'interface', value: 'ether1' }],
      },
    ]);
  });
});

describe('a relay', () => {
  it('speaks for the routers that it names, and another sender does not', async () => {
    const other = { ...router, name: 'gw2', address: '192.0.2.2', syslog: { identity: 'south' } };
    const line = '<30>Oct  2 17:36:35 south system,info rebooted\n';
    await start({ host: '::1', tcp: { port: 0 }, relays: ['::1'] }, { routers: [router, other] });
    (await open('tcp')).end(line);
    await untilStored(1);
    await collector?.stop();
    await start({ tcp: { port: 0 }, relays: ['127.0.0.1'] }, { routers: [router, other] });
    (await open('tcp')).end(line);
    await untilStored(2);
    expect((await messages()).map(({ router: name }) => name).sort()).toEqual(['gw1', 'gw2']);
  });
});

interface Pair {
  readonly cert: string;
  readonly key: string;
  readonly fingerprint: string;
}

async function certificate(name: string, issuer?: Pair): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: issuer === undefined }],
    ...(issuer && { ca: { key: issuer.key, cert: issuer.cert } }),
  });
  return { cert: made.cert, key: made.private, fingerprint: new X509Certificate(made.cert).fingerprint256 };
}

describe('a TLS connection', () => {
  const files = (): { certificate: string; key: string; selfSigned: boolean } => {
    const base = join(folder.path, String(Math.random()));
    return { certificate: `${base}.crt`, key: `${base}.key`, selfSigned: true };
  };

  it('is encrypted with a certificate that is made once where that was asked for', async () => {
    const tls = { port: 0, ...files() };
    await expect(start({ tls: { ...tls, selfSigned: false } })).rejects.toThrow(
      /syslog\.tls\.certificate: .* cannot be read \(ENOENT\)/,
    );
    await collector?.stop();
    await start({ tls });
    const pem = readFileSync(tls.certificate, 'utf8');
    expect(statSync(tls.key).mode & 0o777).toBe(0o600);
    const socket = await open('tls', {
      ca: pem,
      rejectUnauthorized: true,
      checkServerIdentity: () => undefined,
    });
    expect(socket).toHaveProperty('authorized', true);
    socket.end(counted(bsd('secret')));
    await untilStored(1);
    await collector?.stop();
    await start({ tls });
    expect(readFileSync(tls.certificate, 'utf8')).toBe(pem);
    expect(await texts()).toEqual(['secret']);
  });

  it('is taken with a certificate that is signed or pinned, and is then of that router', async () => {
    const ca = await certificate('test ca');
    const signed = await certificate('gw2.example', ca);
    const pinned = await certificate('anything');
    const stranger = await certificate('gw2.example');
    const clientCa = join(folder.path, 'ca.crt');
    writeFileSync(clientCa, ca.cert);
    const routers = [
      router,
      { ...router, name: 'gw2', address: '192.0.2.2', syslog: { certificate: { name: 'gw2.example' } } },
      {
        ...router,
        name: 'gw3',
        address: '192.0.2.3',
        syslog: { certificate: { fingerprint: pinned.fingerprint } },
      },
    ];
    await start({ tls: { port: 0, ...files(), clientCa, clientCertificate: 'required' } }, { routers });
    for (const { cert, key } of [signed, pinned]) (await open('tls', { cert, key })).end(`${bsd('in')}\n`);
    await untilStored(2);
    expect((await messages()).map(({ router: name }) => name).sort()).toEqual(['gw2', 'gw3']);

    // With TLS 1.3 the refusal comes when the handshake is over for the sender.
    for (const pair of [{ cert: stranger.cert, key: stranger.key }, {}]) {
      const socket = await open('tls', pair);
      socket.write(`${bsd('out')}\n`);
      await once(socket.resume(), 'close');
    }
    await untilRefused('certificate', 2);
    expect(await books()).toEqual({ received: 2, decoded: 0, stored: 2, dropped: {} });
  });

  it('that does not come about is counted and costs the others nothing', async () => {
    await start({ tls: { port: 0, ...files() }, streams: { messageTimeoutMs: 1_000 } });
    const { port = 0 } = collector?.streamAddress('tls') ?? {};
    const silent = connect(port, '127.0.0.1');
    const wrong = connect(port, '127.0.0.1', () => wrong.write('<30>this is no handshake\n'));
    for (const socket of [silent, wrong]) sockets.push(socket.on('error', () => undefined).resume());
    const closed = Promise.all([once(silent, 'close'), once(wrong, 'close')]);
    (await open('tls')).end(`${bsd('fine')}\n`);
    await untilStored(1);
    await closed;
    await untilRefused('handshake', 2);
    expect(await texts()).toEqual(['fine']);
  });
});
