/**
 * Clients for the benchmark of the WebSocket: each a TCP socket that speaks RFC 6455 as far as it must, so that this
 * process is not what is measured. Every client follows `wan/*` as subscription 1 and `events` as 2.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFrameReader, maskedText } from './websocket-frames.ts';

export type ClientsJob =
  | { readonly do: 'connect'; readonly port: number; readonly clients: number; readonly greets: boolean }
  /** From now on these many of the first clients do not read. */
  | { readonly do: 'stall'; readonly clients: number }
  | { readonly do: 'read-again' }
  /** Counts from nothing again. */
  | { readonly do: 'reset' }
  | { readonly do: 'count' };

export interface ClientsAnswer {
  readonly open: number;
  /** Clients that have had a snapshot of both channels since they connected last. */
  readonly ready: number;
  /** When the last of them got it. */
  readonly readyAtMs: number;
  readonly deltas: number;
  readonly deltaBytes: number;
  readonly events: number;
  /** Events that were left out or came twice, by their sequence numbers. */
  readonly wrongEvents: number;
  /** The last event that every client has had. */
  readonly leastEventSeq: number;
  /** Times that the server ended a socket, by code. */
  readonly ends: Readonly<Record<number, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Client {
  socket: Socket;
  snapshots: number;
  epoch: string | undefined;
  eventSeq: number;
  isStalled: boolean;
}

/** Enough of a message to know what it is. */
const HEAD_BYTES = 160;
const MOST_LATENCY_MS = 60_000;
const CONNECTING_AT_ONCE = 250;

const clients: Client[] = [];
let port = 0;
let greets = true;
let counts = noCounts();
let latencies = new Uint32Array(MOST_LATENCY_MS);

function noCounts() {
  return {
    open: 0,
    readyAtMs: 0,
    deltas: 0,
    deltaBytes: 0,
    events: 0,
    wrongEvents: 0,
    ends: {} as Record<number, number>,
  };
}

// When the benchmark lets go of it, or is gone itself.
process.on('disconnect', () => process.exit());
process.on('message', (job: ClientsJob) => {
  void run(job).then(() => process.send?.(answer()));
});

async function run(job: ClientsJob): Promise<void> {
  if (job.do === 'connect') {
    ({ port, greets } = job);
    for (let done = 0; done < job.clients; done += CONNECTING_AT_ONCE) {
      const batch = Math.min(CONNECTING_AT_ONCE, job.clients - done);
      await Promise.all(Array.from({ length: batch }, () => openNew()));
    }
  } else if (job.do === 'stall') {
    for (const client of clients.slice(0, job.clients)) {
      client.isStalled = true;
      client.socket.pause();
    }
  } else if (job.do === 'read-again') {
    for (const client of clients) {
      client.isStalled = false;
      client.socket.resume();
    }
  } else if (job.do === 'reset') {
    counts = { ...noCounts(), open: counts.open };
    latencies = new Uint32Array(MOST_LATENCY_MS);
  }
}

function answer(): ClientsAnswer {
  const counted = clients.filter(({ isStalled }) => !isStalled);
  return {
    ...counts,
    ready: clients.filter(({ snapshots }) => snapshots >= 2).length,
    leastEventSeq: Math.min(...counted.map(({ eventSeq }) => eventSeq)),
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
  };
}

function percentile(share: number): number {
  const wanted = latencies.reduce((sum, count) => sum + count, 0) * share;
  let sum = 0;
  return latencies.findIndex((count) => (sum += count) >= wanted);
}

async function openNew(): Promise<void> {
  const client: Client = {
    socket: connect(port, '127.0.0.1'),
    snapshots: 0,
    epoch: undefined,
    eventSeq: 0,
    isStalled: false,
  };
  clients.push(client);
  await attach(client);
}

/** Resolves when the server has switched to WebSocket, or has not. */
function attach(client: Client): Promise<void> {
  const { socket } = client;
  let retryMs = 0;
  const reader = createFrameReader(HEAD_BYTES, (opcode, length, head) => {
    if (opcode === 1) take(client, length, head);
    else if (opcode === 8) retryMs = takeEnd(client, Buffer.from(head, 'latin1'));
    else if (opcode === 9) socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
  });
  return new Promise((resolve) => {
    let isUpgraded = false;
    socket.on('data', (chunk: Buffer) => {
      if (isUpgraded) {
        reader(chunk);
        return;
      }
      // The answer to the upgrade is small and comes in one piece on loopback.
      const end = chunk.indexOf('\r\n\r\n');
      if (end === -1) return;
      isUpgraded = true;
      counts.open += 1;
      if (greets) greet(client);
      resolve();
      if (chunk.length > end + 4) reader(chunk.subarray(end + 4));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (isUpgraded) counts.open -= 1;
      resolve();
      void sleep(isUpgraded ? retryMs : 100).then(() => reopen(client));
    });
    socket.setNoDelay(true);
    socket.write(
      `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Protocol: wanboard.v1\r\n\r\n',
    );
  });
}

async function reopen(client: Client): Promise<void> {
  client.socket = connect(port, '127.0.0.1');
  client.snapshots = 0;
  await attach(client);
}

function greet({ socket, epoch, eventSeq }: Client): void {
  const since = epoch === undefined ? {} : { since: { epoch, seq: eventSeq } };
  const messages = [
    { type: 'hello', v: 1, client: 'bench' },
    { type: 'sub', id: 1, ch: 'wan/*', history: 60 },
    { type: 'sub', id: 2, ch: 'events', ...since },
  ];
  socket.write(Buffer.concat(messages.map((message) => maskedText(JSON.stringify(message)))));
}

function take(client: Client, length: number, head: string): void {
  if (head.includes('"type":"delta"')) {
    counts.deltas += 1;
    counts.deltaBytes += length;
    // The first row begins with the time at which it was published.
    const row = head.indexOf(':[');
    const latencyMs = Date.now() - Number(head.slice(row + 2, row + 15));
    const slot = Math.min(MOST_LATENCY_MS - 1, Math.max(0, latencyMs));
    latencies[slot] = (latencies[slot] ?? 0) + 1;
  } else if (head.includes('"type":"event"')) {
    const seq = Number(/"seq":(\d+)/.exec(head)?.[1]);
    counts.events += 1;
    if (seq !== client.eventSeq + 1) counts.wrongEvents += 1;
    client.eventSeq = seq;
  } else if (head.includes('"type":"snap"') || head.includes('"type":"resumed"')) {
    client.snapshots += 1;
    if (head.includes('"id":2')) {
      client.epoch = /"epoch":"(\w+)"/.exec(head)?.[1];
      if (head.includes('"type":"snap"')) client.eventSeq = Number(/"seq":(\d+)/.exec(head)?.[1]);
    }
    counts.readyAtMs = Date.now();
  }
}

function takeEnd({ socket }: Client, payload: Buffer): number {
  const code = payload.length < 2 ? 1005 : payload.readUInt16BE(0);
  counts.ends[code] = (counts.ends[code] ?? 0) + 1;
  socket.end(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
  const retryMs = /"retryMs":(\d+)/.exec(payload.toString('latin1', 2))?.[1];
  return Number(retryMs ?? 0);
}
