/**
 * Receiving UDP, one core: our collector, into a log that keeps nothing and into the embedded log, against a bare
 * `dgram` socket that only counts, and beside it one that copies what it counts. Each is opened once, as a collector is
 * that runs for months, and another process sends as fast as it can to each in turn. The number is datagrams received in
 * a second of this process's processor time, all threads; what was lost is counted, and must add up.
 *
 * `--rounds N` (15), `--bytes 200,1400`, `--only 'bare,null log'` make a run shorter, for a profile for instance.
 */
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createEmbeddedLog, type EventLog } from '@fairlead/event-log';
import { systemClock, fixedInventory } from '@fairlead/model';
import { createNetflowCollector, netflowCollectorConfigSchema } from '@fairlead/netflow-collector';
import { createTelemetry } from '@fairlead/runtime';
import { readLedger } from '@fairlead/runtime/testing';
import { median } from './support/median-rates.ts';
import { report } from './support/report.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    /** An empty flow set's worth, and a full Ethernet frame's. */
    bytes: { type: 'string', default: '200,1400' },
    only: { type: 'string', default: 'bare,bare with a copy,null log,embedded log' },
    json: { type: 'boolean' },
  },
});
const ROUNDS = Number(options.rounds);
/** Before what counts, so that everything is compiled. */
const WARM_ROUNDS = 4;
/** Short rounds, so that the machine is the same for those that are compared. */
const DATAGRAMS = 100_000;
const RECEIVE_BUFFER_BYTES = 4 * 2 ** 20;
const VALUE_BYTES = 262_144;

interface Receiver {
  readonly port: number;
  /** Datagrams taken from the socket so far. */
  received(): Promise<number>;
  /** Closes, and tells what was received and not kept. */
  close(): Promise<{ readonly dropped: number }>;
}

interface Round {
  readonly perCoreSecond: number;
  readonly sent: number;
  readonly received: number;
  readonly kernelDrops: number;
}

const sender = fork(resolve(import.meta.dirname, 'support/udp-sender-child.mjs'));
const contenders = {
  bare: () => openBare(() => undefined),
  'bare with a copy': () => openBare(copyIntoValues()),
  'null log': () => openOurs(nullLog(), async () => undefined),
  'embedded log': openEmbedded,
} as const;
type Contender = keyof typeof contenders;
const asked = options.only.split(',');
/** What the embedded log leaves to the garbage collector would be paid by those that are measured with it. */
const groups = (
  [
    ['bare', 'bare with a copy', 'null log'],
    ['bare', 'embedded log'],
  ] as const
).map((group) => group.filter((name) => asked.includes(name)));

try {
  for (const bytes of options.bytes.split(',').map(Number)) {
    for (const names of groups) await compare(names, bytes);
  }
} finally {
  sender.kill();
}

async function compare(names: readonly Contender[], bytes: number): Promise<void> {
  const rounds: Record<Contender, Round[]> = {
    ...{ bare: [], 'bare with a copy': [], 'null log': [], 'embedded log': [] },
  };
  const receivers: (readonly [Contender, Receiver])[] = [];
  for (const name of names) receivers.push([name, await contenders[name]()]);
  for (let round = -WARM_ROUNDS; round < ROUNDS; round += 1) {
    // In turns, so that none is always first.
    for (const [name, receiver] of round % 2 === 0 ? receivers : receivers.toReversed()) {
      const result = await measure(receiver, bytes);
      if (round >= 0) rounds[name].push(result);
    }
  }
  const rate = (name: Contender): number => median(rounds[name].map(({ perCoreSecond }) => perCoreSecond));
  for (const [name, receiver] of receivers) {
    if (name !== 'bare') {
      report([
        {
          name: `udp-receive ${bytes} bytes, ${name}`,
          value: rate(name),
          unit: 'datagrams/s a core',
          peer: 'bare dgram',
          peerValue: rate('bare'),
        },
      ]);
    }
    const { dropped } = await receiver.close();
    const books = { ...total(rounds[name]), dropped, ratios: ratiosByRound(rounds[name], rounds.bare) };
    process.stderr.write(`${bytes} bytes, ${name}: ${JSON.stringify(books)}\n`);
  }
}

/** To the bare socket in the same round: the least, the median and the largest. */
function ratiosByRound(rounds: readonly Round[], bare: readonly Round[]): readonly string[] {
  const ratios = rounds
    .flatMap(({ perCoreSecond }, round) => {
      const peer = bare[round];
      return peer ? [perCoreSecond / peer.perCoreSecond] : [];
    })
    .sort((a, b) => a - b);
  return ratios.length === 0
    ? []
    : [ratios[0] ?? NaN, median(ratios), ratios.at(-1) ?? NaN].map((r) => r.toFixed(2));
}

function total(rounds: readonly Round[]): Omit<Round, 'perCoreSecond'> {
  const sum = (key: keyof Round): number => rounds.reduce((all, round) => all + round[key], 0);
  return {
    sent: sum('sent'),
    received: sum('received'),
    kernelDrops: sum('kernelDrops'),
  };
}

async function measure(receiver: Receiver, bytes: number): Promise<Round> {
  const receivedBefore = await receiver.received();
  const dropsBefore = await readDrops(receiver.port);
  const start = process.cpuUsage();
  sender.send({ port: receiver.port, count: DATAGRAMS, bytes });
  const [{ sent }] = (await once(sender, 'message')) as [{ sent: number }];
  let last = -1;
  for (let now = await receiver.received(); now !== last; now = await receiver.received()) {
    last = now;
    await sleep(50);
  }
  const { user, system } = process.cpuUsage(start);
  const received = last - receivedBefore;
  const kernelDrops = (await readDrops(receiver.port)) - dropsBefore;
  if (received + kernelDrops !== sent) {
    throw new Error(`sent ${sent}, but received ${received} and ${kernelDrops} dropped by the kernel`);
  }
  return { perCoreSecond: received / ((user + system) / 1e6), sent, received, kernelDrops };
}

/** The last column of the only UDP socket on the port. */
async function readDrops(port: number): Promise<number> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = (await readFile('/proc/net/udp', 'utf8')).split('\n').map((line) => line.trim().split(/\s+/));
  return Number(lines.find(([, local]) => local?.endsWith(suffix))?.at(-1));
}

async function openBare(use: (payload: Uint8Array) => void): Promise<Receiver> {
  const socket = createSocket('udp4');
  let count = 0;
  socket.on('message', (payload) => {
    count += 1;
    use(payload);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  return {
    port: socket.address().port,
    received: async () => count,
    close: () => new Promise((resolve) => socket.close(() => resolve({ dropped: 0 }))),
  };
}

/** The least that keeping a datagram takes: one copy into values of the collector's size, whose memory is used again. */
function copyIntoValues(): (payload: Uint8Array) => void {
  const values = Array.from({ length: 8 }, () => new Uint8Array(VALUE_BYTES));
  let number = 0;
  let at = 0;
  return (payload) => {
    if (at + payload.length > VALUE_BYTES) {
      number = (number + 1) % values.length;
      at = 0;
    }
    values[number]?.set(payload, at);
    at += payload.length;
  };
}

async function openEmbedded(): Promise<Receiver> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
  const log = await createEmbeddedLog({ directory });
  return openOurs(log, async () => {
    await log.close();
    await rm(directory, { recursive: true });
  });
}

async function openOurs(log: EventLog, after: () => Promise<void>): Promise<Receiver> {
  const telemetry = createTelemetry({ level: 'silent' });
  const config = netflowCollectorConfigSchema.parse({ port: 0, receiveBufferBytes: RECEIVE_BUFFER_BYTES });
  const collector = createNetflowCollector(config, {
    log,
    inventory: fixedInventory([]),
    clock: systemClock,
    telemetry,
  });
  const ledger = (): ReturnType<typeof readLedger> =>
    readLedger(telemetry.registry, 'netflow-collector', 'datagrams');
  await collector.start();
  return {
    port: collector.address().port,
    received: async () => (await ledger()).received,
    async close() {
      await collector.stop();
      await after();
      const { received, stored, dropped } = await ledger();
      const sum = Object.values(dropped).reduce((all, count) => all + count, 0);
      if (stored + sum !== received)
        throw new Error(`received ${received}, stored ${stored}, dropped ${sum}`);
      return { dropped: sum };
    },
  };
}

/** Takes everything and keeps nothing. */
function nullLog(): EventLog {
  const unused = (): never => {
    throw new Error('the benchmark does not use this');
  };
  return {
    ensureTopics: async () => undefined,
    append: async () => [],
    subscribe: unused,
    read: unused,
    partitions: unused,
    committed: unused,
    close: async () => undefined,
  };
}
