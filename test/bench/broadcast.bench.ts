/**
 * One to many over WebSocket: the live-gateway with its whole protocol against a bare `ws` loop that sends the same
 * bytes, each server and all clients in processes of their own, one server after the other.
 *
 * - `rate`: 1 000 clients, about 1 KB each 8 ms, alone and with an event: messages in a second of the server's processor
 *   time.
 * - `many`: 10 000 clients at 1 Hz: share of a core, and time from the sample to the client.
 * - `stalled`: 50 of 150 clients stop reading 10 KB messages at 50 Hz: memory, the others' times, every event.
 * - `return`: 5 000 clients lose their server and come back to another one for snapshots.
 *
 * `--only rate,many` makes a run shorter.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { median } from './support/median-rates.ts';
import { report } from './support/report.ts';
import type { ClientsAnswer, ClientsJob } from './support/live-clients.child.ts';
import type { ServerAnswer, ServerJob } from './support/live-server.child.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'rate,many,stalled,return' },
    json: { type: 'boolean', default: false },
  },
});

type Kind = Extract<ServerJob, { do: 'listen' }>['kind'];

interface Worker<Job, Answer> {
  ask(job: Job): Promise<Answer>;
  end(): void;
}

const workers = new Set<Worker<never, unknown>>();

function start<Job extends object, Answer>(file: string): Worker<Job, Answer> {
  const child = fork(resolve(import.meta.dirname, 'support', file), {
    execArgv: [...process.execArgv, '--expose-gc'],
  });
  const ended = new AbortController();
  child.once('exit', (code) => ended.abort(new Error(`${file} ended with ${code}`)));
  const worker = {
    async ask(job: Job): Promise<Answer> {
      child.send(job);
      const [answer] = (await once(child, 'message', {
        signal: AbortSignal.any([ended.signal, AbortSignal.timeout(60_000)]),
      })) as [Answer];
      return answer;
    },
    end() {
      workers.delete(worker);
      if (child.connected) child.disconnect();
    },
  };
  workers.add(worker);
  return worker;
}

const startServer = () => start<ServerJob, ServerAnswer>('live-server.child.ts');
const startClients = () => start<ClientsJob, ClientsAnswer>('live-clients.child.ts');

/** A server with clients that have had their snapshots. */
async function open(
  kind: Kind,
  { clients: count, wans, flushMs }: { clients: number; wans: number; flushMs: number },
) {
  const server = startServer();
  const clients = startClients();
  const { port } = await server.ask({ do: 'listen', kind, port: 0, wans, flushMs });
  await clients.ask({ do: 'connect', port, clients: count, greets: kind === 'gateway' });
  await waitFor(
    'all clients',
    clients,
    (now) => now.open === count && (kind !== 'gateway' || now.ready === count),
  );
  return {
    port,
    server,
    clients,
    end() {
      server.end();
      clients.end();
    },
  };
}

async function waitFor(
  what: string,
  clients: Worker<ClientsJob, ClientsAnswer>,
  is: (now: ClientsAnswer) => boolean,
): Promise<ClientsAnswer> {
  for (let tries = 0; tries < 150; tries += 1) {
    const now = await clients.ask({ do: 'count' });
    if (is(now)) return now;
    await sleep(100);
  }
  throw new Error(`waited too long for ${what}: ${JSON.stringify(await clients.ask({ do: 'count' }))}`);
}

/** Publishes and waits until everything has arrived. */
async function publish(
  { server, clients }: Awaited<ReturnType<typeof open>>,
  job: Omit<Extract<ServerJob, { do: 'publish' }>, 'do'>,
) {
  const before = await server.ask({ do: 'usage' });
  await clients.ask({ do: 'reset' });
  const startMs = performance.now();
  await server.ask({ do: 'publish', ...job });
  const publishedMs = performance.now() - startMs;
  const { sent: target } = await server.ask({ do: 'usage' });
  await sleep(150);
  const after = await server.ask({ do: 'usage' });
  const got = await waitFor(
    'all messages',
    clients,
    (now) => now.deltas + now.events === after.sent - before.sent,
  );
  if (after.sent < target) throw new Error('sent less than before');
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  return {
    sent: after.sent - before.sent,
    perCoreSecond: (after.sent - before.sent) / cpuSeconds,
    kernelMicros: ((after.kernelSeconds - before.kernelSeconds) / (after.sent - before.sent)) * 1e6,
    coreShare: cpuSeconds / (publishedMs / 1_000),
    rssBytes: after.rssBytes,
    bytesEach: got.deltaBytes / got.deltas,
    got,
  };
}

/** Both servers must have sent messages of one size. */
function checkBytes(ours: number, bare: number): void {
  if (Math.abs(ours / bare - 1) > 0.02) throw new Error(`${ours} bytes a message against ${bare}`);
}

const KINDS = ['gateway', 'bare', 'socket'] as const;

async function measureRate(): Promise<void> {
  const openKind = (kind: Kind) => open(kind, { clients: 1_000, wans: 12, flushMs: 4 });
  const running = {
    gateway: await openKind('gateway'),
    bare: await openKind('bare'),
    socket: await openKind('socket'),
  };
  for (const [what, eventEvery] of [
    ['samples of 12 WANs', 0],
    ['samples of 12 WANs and an event', 1],
  ] as const) {
    const rates: Record<Kind, number[]> = { gateway: [], bare: [], socket: [] };
    const kernel: Record<Kind, number[]> = { gateway: [], bare: [], socket: [] };
    const bytes = { gateway: 0, bare: 0, socket: 0 };
    for (let round = 0; round < 4; round += 1) {
      for (const kind of KINDS) {
        const took = await publish(running[kind], { times: 300, everyMs: 8, eventEvery });
        bytes[kind] = took.bytesEach;
        // The first is there to warm up.
        if (round === 0) continue;
        rates[kind].push(took.perCoreSecond);
        kernel[kind].push(took.kernelMicros);
      }
    }
    checkBytes(bytes.gateway, bytes.bare);
    const name = `${what} (${Math.round(bytes.gateway)} bytes) to 1000 clients`;
    const value = median(rates.gateway);
    const unit = 'messages/s a core';
    report([
      { name, value, unit, peer: 'bare ws', peerValue: median(rates.bare) },
      { name, value, unit, peer: 'bare TCP sockets', peerValue: median(rates.socket) },
      {
        name: `${what}, time in the kernel`,
        value: median(kernel.gateway),
        unit: 'µs a message',
        peer: 'bare TCP sockets',
        peerValue: median(kernel.socket),
      },
    ]);
  }
  for (const kind of KINDS) running[kind].end();
}

async function measureMany(): Promise<void> {
  const results = {} as Record<Kind, Awaited<ReturnType<typeof publish>>>;
  for (const kind of ['gateway', 'bare'] as const) {
    const running = await open(kind, { clients: 10_000, wans: 12, flushMs: 100 });
    results[kind] = await publish(running, { times: 12, everyMs: 1_000, eventEvery: 0 });
    running.end();
  }
  const { gateway, bare } = results;
  checkBytes(gateway.bytesEach, bare.bytesEach);
  const name = '10000 clients at 1 Hz';
  report([
    {
      name,
      value: gateway.coreShare * 100,
      unit: '% of a core',
      peer: 'bare ws',
      peerValue: bare.coreShare * 100,
    },
    {
      name: `${name}, p99`,
      value: gateway.got.p99Ms,
      unit: 'ms',
      peer: 'bare ws',
      peerValue: bare.got.p99Ms,
    },
    {
      name: `${name}, p50`,
      value: gateway.got.p50Ms,
      unit: 'ms',
      peer: 'bare ws',
      peerValue: bare.got.p50Ms,
    },
    {
      name: `${name}, memory`,
      value: gateway.rssBytes / 2 ** 20,
      unit: 'MiB',
      peer: 'bare ws',
      peerValue: bare.rssBytes / 2 ** 20,
    },
  ]);
}

async function measureStalled(): Promise<void> {
  const running = await open('gateway', { clients: 150, wans: 132, flushMs: 10 });
  const job = { times: 500, everyMs: 20, eventEvery: 5 };
  // As long as the stall, so that the history of samples is full before memory is compared.
  const calm = await publish(running, { ...job, times: 950 });
  const { server, clients } = running;
  const { rssBytes: calmBytes } = await server.ask({ do: 'memory' });
  await clients.ask({ do: 'stall', clients: 50 });
  await clients.ask({ do: 'reset' });
  await server.ask({ do: 'publish', ...job });
  const before = await clients.ask({ do: 'count' });
  await server.ask({ do: 'publish', ...job, times: 450 });
  const { events, rssBytes } = await server.ask({ do: 'memory' });
  const healthy = await waitFor('events', clients, (now) => now.leastEventSeq === events);
  await clients.ask({ do: 'read-again' });
  const all = await waitFor(
    'events of those that stalled',
    clients,
    (now) => now.leastEventSeq === events && now.open === 150,
  );
  running.end();
  report([
    {
      name: '50 of 150 clients stalled, growth of memory',
      value: (rssBytes - calmBytes) / 2 ** 20,
      unit: 'MiB',
      peer: 'most',
      peerValue: 20,
    },
    {
      name: '50 of 150 clients stalled, p99 of the others',
      value: healthy.p99Ms,
      unit: 'ms',
      peer: 'nobody stalled',
      peerValue: calm.got.p99Ms,
    },
    {
      name: '50 of 150 clients stalled, events lost or doubled',
      value: all.wrongEvents,
      unit: `of ${all.events}`,
      peer: 'most',
      peerValue: 0,
    },
  ]);
  process.stderr.write(
    `ends by code: ${JSON.stringify(all.ends)}; p99 before any was let go ${before.p99Ms} ms\n`,
  );
}

async function measureReturn(): Promise<void> {
  const clientCount = 5_000;
  const running = await open('gateway', { clients: clientCount, wans: 12, flushMs: 100 });
  const next = startServer();
  await next.ask({ do: 'usage' });
  await running.clients.ask({ do: 'reset' });
  const stopMs = Date.now();
  await running.server.ask({ do: 'stop' });
  await next.ask({ do: 'listen', kind: 'gateway', port: running.port, wans: 12, flushMs: 100 });
  const listeningMs = Date.now();
  const back = await waitFor(
    'clients back',
    running.clients,
    (now) => now.ready === clientCount && now.open === clientCount,
  );
  const { cpuSeconds } = await next.ask({ do: 'usage' });
  running.end();
  next.end();
  report([
    {
      name: '5000 clients back with snapshots',
      value: (back.readyAtMs - listeningMs) / 1_000,
      unit: 's from listening',
      peer: 'most',
      peerValue: 5,
    },
    {
      name: '5000 clients back with snapshots',
      value: (back.readyAtMs - stopMs) / 1_000,
      unit: 's from stopping',
      peer: 'most',
      peerValue: 5,
    },
  ]);
  process.stderr.write(
    `ends by code: ${JSON.stringify(back.ends)}; the new server took ${cpuSeconds.toFixed(1)} s of CPU since its start\n`,
  );
}

const measurements: Readonly<Record<string, () => Promise<void>>> = {
  rate: measureRate,
  many: measureMany,
  stalled: measureStalled,
  return: measureReturn,
};
try {
  for (const name of options.only.split(',')) await measurements[name]?.();
} finally {
  for (const worker of workers) worker.end();
}
