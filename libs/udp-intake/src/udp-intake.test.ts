import { AppendError, createEmbeddedLog, type EventLog } from '@fairlead/event-log';
import {
  addressFromBytes,
  decodeFrames,
  type Inventory,
  inventorySchema,
  RawDatagram,
  systemClock,
} from '@fairlead/model';
import { createTelemetry, type Telemetry } from '@fairlead/runtime';
import { type LedgerTotals, readLedger } from '@fairlead/runtime/testing';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUdpIntake, type Datagram, type UdpIntake, udpIntakeConfigSchema } from './index.ts';

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

async function start(options: Record<string, unknown> = {}, eventLog = log): Promise<UdpIntake> {
  intake = createUdpIntake(schema.parse(options), purpose, {
    log: eventLog,
    inventory,
    clock: systemClock,
    telemetry,
  });
  await intake.start();
  return intake;
}

/** Sends the texts one after the other from one socket. */
async function send(to: UdpIntake, texts: readonly string[]): Promise<void> {
  const { address, port } = to.address();
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  for (const text of texts) {
    await new Promise<void>((resolve, reject) => {
      socket.send(text, port, address, (error) => (error ? reject(error) : resolve()));
    });
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);

const ledger = (): Promise<LedgerTotals> => readLedger(telemetry.registry, 'test-collector', 'datagrams');

async function received(count: number): Promise<void> {
  await until(`${count} datagrams received`, async () => (await ledger()).received >= count);
}

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

/** The log, with an append of its own. */
const withAppend = (append: EventLog['append']): EventLog => ({ ...log, append });

describe('what arrives', () => {
  it('is in the log, in order, stamped and with the router that sent it', async () => {
    inventory = inventorySchema.parse([
      {
        name: 'gw1',
        site: 'north',
        address: '192.0.2.1',
        sourceAddresses: ['127.0.0.1'],
        snmp: { community: 'public' },
        wans: [
          { name: 'isp1', interface: 'ether1', capacity: { rx: '50M', tx: '10M' }, routingMark: 'isp1' },
        ],
      },
    ]);
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

  it('may come by IPv6', async (context) => {
    if (!hasIpv6) context.skip('this machine has no IPv6 loopback');
    const collector = await start({ host: '::1' });
    await send(collector, ['six']);
    await received(1);
    await collector.stop();
    expect(senders((await stored()).records)).toEqual([['::1', '']]);
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
    const collector = await start({ queueDatagrams: 10 }, slow);
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
    const collector = await start({ lingerMs: 0 }, flaky);
    await send(collector, numbered(50));
    await until('everything stored', async () => (await ledger()).stored === 50);
    expect(payloads((await stored()).records)).toEqual(numbered(50));
    expect(telemetry.health().healthy).toBe(true);
  });

  it('says so while it lasts', async () => {
    const broken = withAppend(() => Promise.reject(new AppendError('not now')));
    const collector = await start({ drainMs: 0 }, broken);
    await send(collector, ['lost']);
    await until('not healthy', () => !telemetry.health().healthy);
    await collector.stop();
    expect(await ledger()).toEqual({ received: 1, decoded: 0, stored: 0, dropped: { stopped: 1 } });
  });

  it('what a retry cannot help is dropped', async () => {
    const collector = await start(
      {},
      withAppend(() => Promise.reject(new TypeError('a bug'))),
    );
    await send(collector, ['lost']);
    await until('dropped', async () => (await ledger()).dropped['append-failed'] === 1);
    await collector.stop();
    expect(await ledger()).toMatchObject({ received: 1, stored: 0, dropped: { 'append-failed': 1 } });
  });

  it('stopping waits for it no longer than the deadline', async () => {
    const collector = await start(
      { drainMs: 50 },
      withAppend(() => new Promise(() => undefined)),
    );
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
    const second = createUdpIntake(schema.parse({ port }), purpose, {
      log,
      inventory,
      clock: systemClock,
      telemetry,
    });
    await expect(second.start()).rejects.toThrow(
      `test: udp 127.0.0.1:${port} is taken by another process; stop it or set test.port`,
    );
  });

  it('tells its receive buffer and what the kernel dropped', async () => {
    await start({ receiveBufferBytes: 65_536 });
    const value = async (name: string): Promise<number | undefined> =>
      (await telemetry.registry.getSingleMetric(name)?.get())?.values[0]?.value;
    expect(await value('fairlead_udp_receive_buffer_bytes')).toBe(65_536);
    if (process.platform === 'linux') expect(await value('fairlead_udp_kernel_drops')).toBe(0);
  });

  it('may be stopped before it is started, and twice', async () => {
    const collector = createUdpIntake(schema.parse({}), purpose, {
      log,
      inventory,
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
