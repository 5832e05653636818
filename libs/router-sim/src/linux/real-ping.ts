import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { PingAnswer, PingObserver, PingRequest } from '../kernel/ping.ts';

/** A ping with the mark of its packets in the place of the routing table; 0 goes by `main`. */
export type MarkedPing = Omit<PingRequest, 'table'> & { readonly mark: number };

/** What the program may take beyond the time of its probes, before it is killed. */
const GRACE_MS = 10_000;
/** The least that RouterOS takes (manual, Ping). */
const LEAST_INTERVAL_MS = 10;
const HEADER_BYTES = 28;
/** Exit code of a ping that could not be sent; 1 is that of one that nobody answered. */
const FAILED = 2;
/** After it the numbers begin again. */
const LAST_SEQUENCE = 0xffff;

/**
 * Pings with the program of the system (ping(8) of iputils), in the network namespace of this process. A probe that is not answered
 * before the next one is a timeout, and an answer that comes later says nothing.
 * @returns the call that ends it without a word
 */
export function startPing(request: MarkedPing, observer: PingObserver): () => void {
  const { count } = request;
  const child = spawn('ping', pingArguments(request), {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C' },
    killSignal: 'SIGKILL',
    ...(count !== undefined && { timeout: count * request.intervalMs + GRACE_MS }),
  });
  let told = 0;
  let isOver = false;
  const tell = (answer: PingAnswer): void => {
    told += 1;
    observer.answered(answer);
  };
  createInterface(child.stdout).on('line', (line) => {
    const reply = parsePingLine(line);
    if (isOver || !reply) return;
    const ahead = (reply.seq - told) & LAST_SEQUENCE;
    if (ahead === 0 || ahead > LAST_SEQUENCE / 2) return;
    for (let missing = ahead - 1; missing > 0; missing -= 1) tell({ status: 'timeout' });
    tell(reply.answer);
  });
  const end = (exitCode: number | null): void => {
    if (isOver) return;
    isOver = true;
    const status = exitCode === FAILED ? 'no route to host' : 'timeout';
    while (told < (count ?? 1)) tell({ status });
    observer.ended();
  };
  child.once('error', () => end(null));
  child.once('close', end);
  return () => {
    isOver = true;
    child.kill();
  };
}

function pingArguments({
  address,
  count,
  intervalMs,
  sizeBytes,
  mark,
  interface: out,
}: MarkedPing): readonly string[] {
  const seconds = Math.max(LEAST_INTERVAL_MS, intervalMs) / 1_000;
  return [
    ...['-n', '-O', '-i', seconds, '-W', seconds, '-s', Math.max(0, sizeBytes - HEADER_BYTES)],
    ...(count === undefined ? [] : ['-c', count]),
    ...(mark === 0 ? [] : ['-m', mark]),
    ...(out === undefined ? [] : ['-I', out]),
    address,
  ].map(String);
}

/**
 * A line of ping(8) with `-O` about one probe; the first is number 1.
 * @returns undefined when the line is about none
 */
export function parsePingLine(
  line: string,
): { readonly seq: number; readonly answer: PingAnswer } | undefined {
  const seq = Number(/icmp_seq=(\d+)/.exec(line)?.[1]);
  if (Number.isNaN(seq)) return undefined;
  const [, ttl, rttMs] = /ttl=(\d+) time=([\d.]+) ms/.exec(line) ?? [];
  if (ttl !== undefined) return { seq, answer: { rttMs: Number(rttMs), ttl: Number(ttl) } };
  const [, what] = /Destination (Host|Net) Unreachable/.exec(line) ?? [];
  if (what !== undefined)
    return { seq, answer: { status: what === 'Host' ? 'host unreachable' : 'net unreachable' } };
  return line.startsWith('no answer yet') ? { seq, answer: { status: 'timeout' } } : undefined;
}
