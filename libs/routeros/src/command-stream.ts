import { type RouterosError, StreamOverflowError, TimeoutError, type Trap, TrapError } from './errors.ts';
import { type InFlight, lossOf, type Row } from './in-flight.ts';
import { RowBuffer } from './row-buffer.ts';

/** What to do with a row when the buffer is full: the consumer reads more slowly than the router sends. */
export type OverflowPolicy =
  /** The oldest row goes, and `dropped` counts it: right where only the present matters. */
  | 'drop-oldest'
  /** The command is cancelled, and the iteration ends by StreamOverflowError: right where no row may be missed. */
  | 'fail';

export interface StreamOptions {
  readonly overflow: OverflowPolicy;
  /** Most rows that wait to be read. Default 1024. */
  readonly maxRows?: number;
  /** Most bytes of words that wait to be read. Default 4 MiB. */
  readonly maxBytes?: number;
  /** After so long without a reply the command is cancelled and the iteration ends by TimeoutError. Default: never. */
  readonly silenceMs?: number;
  /** Deadline of a cancel. Default: the session's deadline of a command. */
  readonly cancelTimeoutMs?: number;
  /** Cancels the command. */
  readonly signal?: AbortSignal;
}

/**
 * The rows of a command that goes on: `listen`, `monitor-traffic`, `/ping`, a print with `interval` or `follow`.
 *
 * For one reader. The iteration ends when the router ends the command or after `cancel()`; leaving a `for await` loop
 * cancels too. It throws TrapError, StreamOverflowError, TimeoutError, ConnectionLostError, FatalError, ProtocolError,
 * and AmbiguousWriteError where the command may have changed the router; always after the rows that had come before.
 */
export interface RouterosStream extends AsyncIterable<Row, undefined> {
  /** Rows that were let go because the buffer was full. */
  readonly dropped: number;
  /**
   * Ends the command on the router. Resolves when both have confirmed: the cancel and the command, in either order.
   * What waits to be read can still be read. Safe twice, and when the command has ended.
   * @throws TimeoutError when the router does not stop in time; the iteration has ended nevertheless
   */
  cancel(): Promise<void>;
}

export interface CommandStream {
  readonly inFlight: InFlight;
  readonly stream: RouterosStream;
}

/** What a stream needs of its session. */
export interface StreamWire {
  /** host:port, for messages. */
  readonly peer: string;
  readonly write: boolean;
  readonly cancelTimeoutMs: number;
  /** Sends the cancel; resolves when it is confirmed, rejects like a command. */
  sendCancel(timeoutMs: number): Promise<unknown>;
  /** The command is given up: its replies are nobody's. */
  forget(): void;
}

const MAX_ROWS = 1_024;
const MAX_BYTES = 4 * 2 ** 20;
/** A command ends by its traps; a router that sends them without end must not fill the memory. */
const MAX_TRAPS = 16;
const INTERRUPTED = 2;

export function createCommandStream(
  command: string,
  options: StreamOptions,
  wire: StreamWire,
): CommandStream {
  const { overflow, maxRows = MAX_ROWS, maxBytes = MAX_BYTES, silenceMs, signal } = options;
  const { peer, cancelTimeoutMs } = wire;
  const buffer = new RowBuffer({ maxRows, maxBytes });
  const traps: Trap[] = [];
  let over = false;
  let stopping: Promise<void> | undefined;
  /** Why this side stops the command; undefined when the consumer wants it. */
  let why: RouterosError | undefined;
  let settle: () => void;
  const settled = new Promise<void>((resolve) => (settle = resolve));

  const finish = (error: RouterosError | undefined): void => {
    over = true;
    clearTimeout(silence);
    signal?.removeEventListener('abort', stopQuietly);
    buffer.end(error);
    settle();
  };

  const stop = async (): Promise<void> => {
    clearTimeout(silence);
    let late: TimeoutError | undefined;
    const deadline = setTimeout(() => {
      late = new TimeoutError(`${peer}: ${command} did not stop within ${cancelTimeoutMs} ms`);
      wire.forget();
      finish(why ?? late);
    }, cancelTimeoutMs);
    // A refusal says that there was nothing to cancel any more; whether the command is over, only its own !done says.
    await wire.sendCancel(cancelTimeoutMs).catch(() => undefined);
    await settled;
    clearTimeout(deadline);
    if (late) throw late;
  };
  const cancel = (): Promise<void> => (over && !stopping ? Promise.resolve() : (stopping ??= stop()));
  const stopQuietly = (): void => void cancel().catch(() => undefined);
  const stopBecause = (reason: RouterosError): void => {
    if (stopping) return;
    why = reason;
    stopQuietly();
  };

  const silence =
    silenceMs === undefined
      ? undefined
      : setTimeout(
          () => stopBecause(new TimeoutError(`${peer}: ${command} gave nothing for ${silenceMs} ms`)),
          silenceMs,
        );
  signal?.addEventListener('abort', stopQuietly);

  const inFlight: InFlight = {
    command,
    endless: true,
    row(row, bytes) {
      if (stopping) return;
      silence?.refresh();
      if (overflow === 'fail' && buffer.isFull(bytes)) {
        stopBecause(new StreamOverflowError(`${peer}: ${command}: rows come faster than they are read`));
      } else buffer.push(row, bytes);
    },
    trap(trap) {
      if (traps.length < MAX_TRAPS) traps.push(trap);
    },
    done() {
      const asked = stopping !== undefined;
      const refusals = asked ? traps.filter(({ category }) => category !== INTERRUPTED) : traps;
      finish(why ?? (refusals.length > 0 ? new TrapError(refusals) : undefined));
    },
    lost(reason) {
      if (traps.length > 0 && !stopping) finish(new TrapError(traps));
      else finish(why ?? (stopping ? undefined : lossOf(command, wire.write, reason)));
    },
  };

  const iterator: AsyncIterator<Row, undefined> = {
    next: () => buffer.next(),
    async return() {
      buffer.discard();
      await cancel().catch(() => undefined);
      return { done: true, value: undefined };
    },
  };
  return {
    inFlight,
    stream: {
      get dropped() {
        return buffer.dropped;
      },
      cancel,
      [Symbol.asyncIterator]: () => iterator,
    },
  };
}
