import { AppendError, createEmbeddedLog, type EventLog } from '@fairlead/event-log';
import {
  addressFromBytes,
  decodeFrames,
  type Inventory,
  inventorySchema,
  RawDatagram,
  systemClock,
  fixedInventory,
} from '@fairlead/model';
import { createTelemetry, type Telemetry } from '@fairlead/runtime';
import { type LedgerTotals, readLedger } from '@fairlead/runtime/testing';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canReusePort } from './datagram-socket.ts';
import {
  createUdpIntake,
  type Datagram,
  type UdpIntake,
  udpIntakeConfigSchema,
  type UdpIntakeDeps,
} from './index.ts';

const schema = udpIntakeConfigSchema({ port: 0, maxDatagramBytes: 1_000 });
const purpose = {
  service: 'test-collector',
  section: 'test',
  topic: topics.rawNetflow,
  keyOf: ({ text }: Datagram['source']) => text,
  toRecord: ({ timeMs, source, sourcePort, payload }: Datagram): RawDatagram => ({
    timeMs,
    exporter: source.address,
    exporterPort: sourcePort,
    router: source.router,
    payload,
  }),
};

let folder: ReturnType<typeof temporaryFolder>;
let log: EventLog;
let telemetry: Telemetry;
let intake: UdpIntake | undefined;
let inventory: Inventory;

beforeEach(async () => {
  folder = temporaryFolder();
  log = await createEmbeddedLog({ directory: folder.path });
  telemetry = createTelemetry({ level: 'silent' });
  inventory = [];
});

afterEach(async () => {
  await intake?.stop();
  intake = undefined;
  await log.close();
  folder.remove();
});

async function start(
  options: Record<string, unknown> = {},
  deps: Partial<UdpIntakeDeps> = {},
): Promise<UdpIntake> {
  intake = createUdpIntake(schema.parse(options), purpose, {
    log,
    inventory: fixedInventory(inventory),
    clock: systemClock,
    telemetry,
    ...deps,
  });
  await intake.start();
  return intake;
}

/** Sends the texts one after the other from one socket. */
async function send(to: UdpIntake, texts: readonly string[], address = to.address().address): Promise<void> {
  const { port } = to.address();
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  for (const text of texts) {
    await new Promise<void>((resolve, reject) => {
      socket.send(text, port, address, (error) => (error ? reject(error) : resolve()));
    });
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

/** Sends from an address of its own. */
async function sendFrom(address: string, to: UdpIntake, count = 1): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, address, done));
  for (let number = 0; number < count; number += 1) {
    await new Promise<void>((done) => socket.send('hello', to.address().port, '127.0.0.1', () => done()));
  }
  await new Promise<void>((done) => socket.close(done));
}

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

const ledger = (): Promise<LedgerTotals> => readLedger(telemetry.registry, 'test-collector', 'datagrams');

async function received(count: number): Promise<void> {
  await until(`${count} datagrams received`, async () => (await ledger()).received >= count);
}

const metric = async (name: string): Promise<number | undefined> =>
  (await telemetry.registry.getSingleMetric(name)?.get())?.values[0]?.value;

/** The records of the log, and the number of values they came in. */
async function stored(): Promise<{ records: RawDatagram[]; values: number }> {
  const name = topics.rawNetflow.name;
  const partitions = await log.partitions(name);
  const values = (
    await Promise.all(partitions.map(({ partition }) => log.read(name, partition, 0, 10_000)))
  ).flat();
  return { records: values.flatMap(({ value }) => decodeFrames(RawDatagram, value)), values: values.length };
}

const payloads = (records: readonly RawDatagram[]): string[] =>
  records.map(({ payload }) => new TextDecoder().decode(payload));
const senders = (records: readonly RawDatagram[]): string[][] =>
  records.map(({ exporter, router }) => [addressFromBytes(exporter), router]);
const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `datagram ${i}`);

/** An inventory of one router. */
const gw1 = (address: string, ...sourceAddresses: string[]): Inventory =>
  inventorySchema.parse([
    {
      name: 'gw1',
      site: 'north',
      address,
      sourceAddresses,
      snmp: { community: 'public' },
      wans: [{ name: 'isp1', interface: 'ether1', capacity: { rx: '50M', tx: '10M' }, routingMark: 'isp1' }],
    },
  ]);

/** The log, with an append of its own. */
const withAppend = (append: EventLog['append']): EventLog => ({ ...log, append });

describe('what arrives', () => {
  it('is in the log, in order, stamped and with the router that sent it', async () => {
    inventory = gw1('192.0.2.1', '127.0.0.1');
    const before = Date.now();
    const collector = await start();
    await send(collector, numbered(100));
    await received(100);
    await collector.stop();
    const { records, values } = await stored();
    expect(payloads(records)).toEqual(numbered(100));
    expect(values).toBeLessThan(100);
    expect(senders(records.slice(0, 1))).toEqual([['127.0.0.1', 'gw1']]);
    expect(records[0]?.exporterPort).toBeGreaterThan(0);
    expect(records[0]?.timeMs).toBeGreaterThanOrEqual(before);
    expect(await ledger()).toEqual({ received: 100, decoded: 0, stored: 100, dropped: {} });
  });

  it.for([
    ['one address', '::1', ['::1']],
    ['a list', ['127.0.0.1', '::1'], ['127.0.0.1', '::1']],
    ['both by one socket', '::', ['127.0.0.1', '::1']],
    ['all addresses by two sockets', ['0.0.0.0', '::'], ['127.0.0.1', '::1']],
  ] as const)('may come by IPv6: %s', async ([, host, addresses], context) => {
    if (!hasIpv6) context.skip('this machine has no IPv6 loopback');
    const collector = await start({ host });
    for (const address of addresses) await send(collector, ['hello'], address);
    await received(addresses.length);
    await collector.stop();
    const from = senders((await stored()).records);
    expect(new Set(from)).toEqual(new Set(addresses.map((address) => [address, ''])));
  });

  it('is of the router that has the address by its host name', async () => {
    inventory = gw1('gw1.example');
    const collector = await start({}, { lookUp: async () => ['127.0.0.1'] });
    await send(collector, ['named']);
    await received(1);
    await collector.stop();
    expect(senders((await stored()).records)).toEqual([['127.0.0.1', 'gw1']]);
  });

  it('is taken also when a host name cannot be resolved', async () => {
    inventory = gw1('gw1.example');
    const collector = await start({}, { lookUp: () => Promise.reject(new Error('ENOTFOUND')) });
    await send(collector, ['unknown']);
    await received(1);
    await collector.stop();
    expect(senders((await stored()).records)).toEqual([['127.0.0.1', '']]);
  });

  it('comes from an IPv4 address also where the socket speaks IPv6', async () => {
    const collector = await start({ host: '::ffff:127.0.0.1' });
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) =>
      socket.send('four', collector.address().port, '127.0.0.1', () => resolve()),
    );
    socket.close();
    await received(1);
    await collector.stop();
    expect(senders((await stored()).records)).toEqual([['127.0.0.1', '']]);
  });

  it('is dropped by name when it is empty or too long', async () => {
    const collector = await start();
    await send(collector, ['', 'x'.repeat(1_001), 'x'.repeat(1_000)]);
    await received(3);
    await collector.stop();
    expect(await ledger()).toEqual({
      received: 3,
      decoded: 0,
      stored: 1,
      dropped: { empty: 1, oversize: 1 },
    });
  });
});

describe('who may send', () => {
  it('is who is in one of the blocks', async () => {
    const collector = await start({ host: '0.0.0.0', allowFrom: ['10.0.0.0/8', '127.0.0.2'] });
    await sendFrom('127.0.0.1', collector);
    await sendFrom('127.0.0.2', collector);
    await received(2);
    await collector.stop();
    expect(senders((await stored()).records)).toEqual([['127.0.0.2', '']]);
    expect(await ledger()).toMatchObject({ stored: 1, dropped: { 'not-allowed': 1 } });
  });

  it('is known by an IPv4 address also where the socket speaks both', async (context) => {
    if (!hasIpv6) context.skip('this machine has no IPv6 loopback');
    inventory = gw1('127.0.0.2');
    const clock = { ...systemClock, monotonicMs: () => 0 };
    const rules = { allowFrom: ['127.0.0.2/31', '::1'], maxDatagramsPerSecond: 2 };
    const collector = await start({ host: '::', ...rules }, { clock });
    await sendFrom('127.0.0.1', collector);
    await sendFrom('127.0.0.2', collector, 3);
    await send(collector, ['six'], '::1');
    await received(5);
    await collector.stop();
    expect(senders((await stored()).records).sort()).toEqual([
      ['127.0.0.2', 'gw1'],
      ['127.0.0.2', 'gw1'],
      ['::1', ''],
    ]);
    expect((await ledger()).dropped).toEqual({ 'not-allowed': 1, 'rate-limited': 1 });
  });

  it('is who is in the inventory, if so configured, also by a host name', async () => {
    inventory = gw1('gw1.example');
    const collector = await start(
      { host: '0.0.0.0', onlyInventory: true },
      { lookUp: async () => ['127.0.0.2'] },
    );
    await sendFrom('127.0.0.1', collector);
    await sendFrom('127.0.0.2', collector);
    await received(2);
    await collector.stop();
    expect(senders((await stored()).records)).toEqual([['127.0.0.2', 'gw1']]);
    expect(await ledger()).toMatchObject({ stored: 1, dropped: { 'not-allowed': 1 } });
  });

  it('is not asked for in words that are no block', () => {
    expect(() => schema.parse({ allowFrom: ['10.0.0.0/33'] })).toThrow('expected an address or a block');
  });

  it('may send no more than the limit, each for itself', async () => {
    const clock = { ...systemClock, monotonicMs: () => 0 };
    const collector = await start({ host: '0.0.0.0', maxDatagramsPerSecond: 5 }, { clock });
    await sendFrom('127.0.0.1', collector, 20);
    await sendFrom('127.0.0.2', collector, 3);
    await received(23);
    await collector.stop();
    expect(await ledger()).toMatchObject({ stored: 8, dropped: { 'rate-limited': 15 } });
  });
});

describe('when the log is slow or refuses', () => {
  it('the queue is bounded and the newest are dropped', async () => {
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const slow = withAppend(async (records) => {
      await gate;
      return log.append(records);
    });
    const collector = await start({ queueDatagrams: 10 }, { log: slow });
    await send(collector, numbered(25));
    await received(25);
    open();
    await collector.stop();
    expect(payloads((await stored()).records)).toEqual(numbered(10));
    expect(await ledger()).toEqual({ received: 25, decoded: 0, stored: 10, dropped: { 'queue-full': 15 } });
  });

  it('an append that failed is repeated, and what came meanwhile follows it', async () => {
    let failures = 3;
    const flaky = withAppend(async (records) => {
      if (failures > 0) {
        failures -= 1;
        throw new AppendError('not now');
      }
      return log.append(records);
    });
    const collector = await start({ lingerMs: 0 }, { log: flaky });
    await send(collector, numbered(50));
    await until('everything stored', async () => (await ledger()).stored === 50);
    expect(payloads((await stored()).records)).toEqual(numbered(50));
    expect(telemetry.health().healthy).toBe(true);
  });

  it('says so while it lasts', async () => {
    const broken = withAppend(() => Promise.reject(new AppendError('not now')));
    const collector = await start({ drainMs: 0 }, { log: broken });
    await send(collector, ['lost']);
    await until('not healthy', () => !telemetry.health().healthy);
    await collector.stop();
    expect(await ledger()).toEqual({ received: 1, decoded: 0, stored: 0, dropped: { stopped: 1 } });
  });

  it('what a retry cannot help is dropped', async () => {
    const collector = await start({}, { log: withAppend(() => Promise.reject(new TypeError('a bug'))) });
    await send(collector, ['lost']);
    await until('dropped', async () => (await ledger()).dropped['append-failed'] === 1);
    await collector.stop();
    expect(await ledger()).toMatchObject({ received: 1, stored: 0, dropped: { 'append-failed': 1 } });
  });

  it('stopping waits for it no longer than the deadline', async () => {
    const collector = await start({ drainMs: 50 }, { log: withAppend(() => new Promise(() => undefined)) });
    await send(collector, numbered(3));
    await received(3);
    await collector.stop();
    expect(await ledger()).toEqual({ received: 3, decoded: 0, stored: 0, dropped: { stopped: 3 } });
  });
});

describe('the socket', () => {
  it('that is taken is an error which says how to mend it', async () => {
    const first = await start();
    const { port } = first.address();
    let followers = 0;
    const second = createUdpIntake(schema.parse({ port }), purpose, {
      log,
      inventory: {
        ...fixedInventory(inventory),
        subscribe() {
          followers += 1;
          return () => (followers -= 1);
        },
      },
      clock: systemClock,
      telemetry,
    });
    await expect(second.start()).rejects.toThrow(
      `test: udp 127.0.0.1:${port} is taken by another process; stop it or set test.port`,
    );
    expect(followers).toBe(0);
  });

  it('may have its port together with others where Node.js can, and says so where it cannot', async () => {
    if (!canReusePort(process.versions.node)) {
      await expect(start({ reusePort: true })).rejects.toThrow(
        `test.reusePort needs Node.js 22.12 or later, this is ${process.versions.node}`,
      );
      return;
    }
    const first = await start({ reusePort: true });
    const second = createUdpIntake(schema.parse({ reusePort: true, port: first.address().port }), purpose, {
      log,
      inventory: fixedInventory(inventory),
      clock: systemClock,
      telemetry,
    });
    await second.start();
    for (let number = 0; number < 40; number += 1) await send(first, ['x']);
    await received(40);
    await second.stop();
    expect((await ledger()).received).toBe(40);
  });

  it('that overflows has every datagram either received or in the drops of the kernel', async (context) => {
    if (process.platform !== 'linux') context.skip('only Linux tells what a socket dropped');
    const collector = await start({ receiveBufferBytes: 4_096 });
    const { port } = collector.address();
    const count = 2_000;
    // From another process, without turning the event loop, so that nobody empties the socket meanwhile.
    const child = resolve(import.meta.dirname, 'blast.child.ts');
    const sender = spawnSync(process.execPath, ['--import', 'tsx', child, String(port), String(count)]);
    expect(sender.stderr.toString()).toBe('');
    await received(1);
    await collector.stop();
    const drops = (await metric('fairlead_udp_kernel_drops')) ?? NaN;
    expect(drops).toBeGreaterThan(0);
    expect((await ledger()).received + drops).toBe(count);
  });

  it.for(['127.0.0.1', '0.0.0.0', '::'])('on %s is emptied when it is closed', async (host, context) => {
    if (process.platform !== 'linux') context.skip('only Linux tells what a socket holds');
    if (host === '::' && !hasIpv6) context.skip('this machine has no IPv6 loopback');
    const collector = await start({ host });
    const sender = createSocket('udp4');
    await new Promise<void>((done) => sender.connect(collector.address().port, '127.0.0.1', done));
    // Of a connected socket each send is a system call at once: the event loop has no turn before stop.
    for (let number = 0; number < 1_000; number += 1) sender.send('x');
    await collector.stop();
    sender.close();
    expect(await metric('fairlead_udp_kernel_drops')).toBe(0);
    expect(await metric('fairlead_udp_receive_queue_bytes')).toBe(0);
    expect(await ledger()).toEqual({ received: 1_000, decoded: 0, stored: 1_000, dropped: {} });
  });

  it('says how to get the receive buffer that was asked for', async (context) => {
    if (process.platform !== 'linux') context.skip('other systems refuse instead of cutting');
    const lines: string[] = [];
    const spoken = createTelemetry({
      level: 'warn',
      destination: { write: (line) => void lines.push(line) },
    });
    await start({ receiveBufferBytes: 2 ** 30 }, { telemetry: spoken });
    expect(lines.join('')).toContain('raise it with: sysctl -w net.core.rmem_max=1073741824');
    expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({ askedBytes: 2 ** 30, service: 'test-collector' });
  });

  it('tells its receive buffer and what the kernel dropped', async () => {
    await start({ receiveBufferBytes: 65_536 });
    expect(await metric('fairlead_udp_receive_buffer_bytes')).toBe(65_536);
    if (process.platform === 'linux') expect(await metric('fairlead_udp_kernel_drops')).toBe(0);
  });

  it('may be stopped before it is started, and twice', async () => {
    const collector = createUdpIntake(schema.parse({}), purpose, {
      log,
      inventory: fixedInventory(inventory),
      clock: systemClock,
      telemetry,
    });
    expect(() => collector.address()).toThrow('test-collector is not started');
    await collector.stop();
    await collector.start();
    await collector.stop();
    await collector.stop();
  });
});
