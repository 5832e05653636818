import { randomFillSync } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { SnmpError } from './errors.ts';
import { decodeBindings, decodeResponse, type EncodedRequest, requestIds, withId } from './message.ts';
import type { VarBind } from './var-bind.ts';

/**
 * Why a datagram was let go: nobody waits for it (`late`, which is also what a duplicate is), it comes from another address
 * than the question went to (`wrong-source`), or it is no response (`malformed`).
 */
export type DatagramFault = 'late' | 'wrong-source' | 'malformed';

export interface ExchangeEvents {
  received?(): void;
  decoded?(): void;
  dropped?(fault: DatagramFault): void;
}

export interface Target {
  readonly family: 4 | 6;
  readonly address: string;
  readonly port: number;
}

export interface Attempts {
  /** Longest wait for each answer. */
  readonly timeoutMs: number;
  readonly retries: number;
  /** Time for all attempts; a wait becomes shorter so that the last one still fits. */
  readonly withinMs: number;
}

export interface Answer {
  readonly errorStatus: number;
  readonly bindings: readonly VarBind[];
}

/** One UDP socket for all agents, or two when some have IPv6 addresses. */
export interface UdpExchange {
  /** @throws SnmpError `timeout`, `unreachable`, `malformed` or `closed` */
  ask(target: Target, request: EncodedRequest, attempts: Attempts, signal: AbortSignal): Promise<Answer>;
  /** Rejects what is under way and frees the sockets. Safe twice. */
  close(): void;
}

interface Pending {
  readonly target: Target;
  readonly request: EncodedRequest;
  settle(answer: Answer): void;
  fail(error: SnmpError): void;
  /** What came instead of an answer. */
  fault: DatagramFault | undefined;
  /** Address that an answer came from, where it is not the agent's. */
  strangerAddress: string | undefined;
}

/** Holds what a fleet may answer at once; the kernel gives what it is allowed to. */
const RECEIVE_BUFFER_BYTES = 4_194_304;

export function createUdpExchange(events: ExchangeEvents = {}): UdpExchange {
  const pending = new Map<number, Pending>();
  const sockets = new Map<4 | 6, Socket>();
  const nextId = createIdSource((id) => pending.has(id));
  let closed = false;

  function socketFor(family: 4 | 6): Socket {
    const open = sockets.get(family);
    if (open) return open;
    const socket = createSocket({
      type: family === 4 ? 'udp4' : 'udp6',
      recvBufferSize: RECEIVE_BUFFER_BYTES,
    });
    socket.on('message', receive);
    socket.on('error', (cause) => {
      sockets.delete(family);
      for (const entry of pending.values()) {
        if (entry.target.family === family)
          entry.fail(new SnmpError('unreachable', cause.message, { cause }));
      }
      socket.close();
    });
    sockets.set(family, socket);
    return socket;
  }

  function receive(datagram: Buffer, from: RemoteInfo): void {
    events.received?.();
    const response = decodeResponse(datagram);
    const entry = response && pending.get(response.requestId);
    if (!entry) {
      events.dropped?.(response ? 'late' : 'malformed');
      return;
    }
    const { target, request } = entry;
    if (from.port !== target.port || from.address !== target.address) {
      entry.fault = 'wrong-source';
      entry.strangerAddress = from.address;
      events.dropped?.('wrong-source');
      return;
    }
    const bindings = decodeBindings(response.bindings, request);
    if (!bindings) {
      // The question stays open, so that nobody can spoil a poll with a forged datagram.
      entry.fault = 'malformed';
      events.dropped?.('malformed');
      return;
    }
    events.decoded?.();
    entry.settle({ errorStatus: response.errorStatus, bindings });
  }

  return {
    ask(target, request, { timeoutMs, retries, withinMs }, signal) {
      if (closed || signal.aborted) return Promise.reject(new SnmpError('closed', 'the session is closed'));
      return new Promise<Answer>((resolve, reject) => {
        const id = nextId();
        const datagram = withId(request, id);
        const endsAtMs = performance.now() + withinMs;
        let left = retries + 1;
        let timer: NodeJS.Timeout | undefined;
        const end = (): void => {
          clearTimeout(timer);
          pending.delete(id);
          signal.removeEventListener('abort', abort);
        };
        const entry: Pending = {
          target,
          request,
          settle(answer) {
            end();
            resolve(answer);
          },
          fail(error) {
            end();
            reject(error);
          },
          fault: undefined,
          strangerAddress: undefined,
        };
        const abort = (): void => entry.fail(new SnmpError('closed', 'the session was closed'));
        const attempt = (): void => {
          const remainingMs = endsAtMs - performance.now();
          if (left === 0 || remainingMs < 1) {
            entry.fail(noAnswer(entry));
            return;
          }
          const waitMs = Math.min(timeoutMs, remainingMs / left);
          left -= 1;
          socketFor(target.family).send(datagram, target.port, target.address, (cause) => {
            if (cause) entry.fail(new SnmpError('unreachable', cause.message, { cause }));
          });
          timer = setTimeout(attempt, waitMs);
        };
        pending.set(id, entry);
        signal.addEventListener('abort', abort);
        attempt();
      });
    },

    close() {
      if (closed) return;
      closed = true;
      for (const entry of pending.values()) entry.fail(new SnmpError('closed', 'the session was closed'));
      for (const socket of sockets.values()) socket.close();
      sockets.clear();
    },
  };
}

function noAnswer({ fault, strangerAddress, target }: Pending): SnmpError {
  if (fault === 'malformed') return new SnmpError('malformed', 'no valid answer');
  const reason =
    fault === 'wrong-source'
      ? `the answer came from ${strangerAddress}, not from ${target.address}: use that address, or set src-address of the agent`
      : 'no answer: the address, the port, the community or the allowed addresses are wrong';
  return new SnmpError('timeout', reason);
}

/** Request ids that cannot be guessed, drawn in bulk. */
function createIdSource(isTaken: (id: number) => boolean): () => number {
  const drawn = new Uint32Array(1_024);
  let at = drawn.length;
  return () => {
    for (;;) {
      if (at === drawn.length) {
        randomFillSync(drawn);
        at = 0;
      }
      const id = (drawn[at] ?? 0) & requestIds.max;
      at += 1;
      if (id >= requestIds.min && !isTaken(id)) return id;
    }
  };
}
