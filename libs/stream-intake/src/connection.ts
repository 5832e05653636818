import type { Socket } from 'node:net';

/** Cuts the bytes of one connection into messages. */
export interface Frames {
  push(chunk: Uint8Array): Uint8Array[];
  /** What is held and may be taken for whole because nothing follows it. */
  flush(): Uint8Array[];
  /** What is left when the connection ends. */
  end(): Uint8Array[];
  /** A message has begun and is not whole. */
  readonly isWithinMessage: boolean;
  /** Messages dropped because they were too long. */
  readonly dropped: { readonly 'too-long': number };
}

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly frames: Frames;
  readonly nowMs: () => number;
  readonly queueBytes: number;
  readonly quietMs: number;
  readonly messageTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Whether there is room for the messages of all connections. */
  readonly hasRoom: () => boolean;
  /** Takes whole messages; gives back their bytes through `settle`. @returns what they take */
  readonly onMessages: (messages: readonly Uint8Array[], settle: (bytes: number) => void) => number;
  readonly onTooLong: (count: number) => void;
  readonly onPause: () => void;
}

/** Why a connection was ended by us. */
export type EndReason = 'slow' | 'idle';

/** One connection that is being read. */
export interface Connection {
  readonly socket: Socket;
  /** When bytes came last, monotonic milliseconds. */
  readonly lastDataMs: number;
  /** Reads on if it was paused and there is room. */
  resume(): void;
  /** Looks at the time: gives what may be taken for whole, and says why it should end. */
  check(): EndReason | undefined;
  /** Gives what is left, and closes. Safe twice. */
  close(): void;
}

/** Reads a connection, and stops reading (so that TCP makes the sender wait) while the log is behind. */
export function createConnection(options: ConnectionOptions): Connection {
  const { socket, frames, nowMs } = options;
  let lastDataMs = nowMs();
  /** When the message began that is not whole. */
  let begunMs: number | undefined;
  let unsettledBytes = 0;
  let tooLong = 0;
  let isOpen = true;

  function take(messages: readonly Uint8Array[]): void {
    const more = frames.dropped['too-long'] - tooLong;
    if (more > 0) options.onTooLong(more);
    tooLong += more;
    if (!frames.isWithinMessage) begunMs = undefined;
    else if (begunMs === undefined || messages.length + more > 0) begunMs = nowMs();
    if (messages.length > 0) {
      unsettledBytes += options.onMessages(messages, (bytes) => {
        unsettledBytes -= bytes;
      });
    }
    if (isOpen && isFull() && !socket.isPaused()) {
      socket.pause();
      options.onPause();
    }
  }

  const isFull = (): boolean => unsettledBytes >= options.queueBytes || !options.hasRoom();

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    take(frames.end());
    socket.destroy();
  }

  socket.on('data', (chunk: Uint8Array) => {
    if (!isOpen) return;
    lastDataMs = nowMs();
    take(frames.push(chunk));
  });
  // What made the connection end is the sender's; its message, if any, is kept.
  socket.on('error', close);
  socket.on('close', close);

  return {
    socket,
    get lastDataMs() {
      return lastDataMs;
    },
    resume() {
      if (isOpen && socket.isPaused() && !isFull()) {
        lastDataMs = nowMs();
        if (begunMs !== undefined) begunMs = lastDataMs;
        socket.resume();
      }
    },
    check() {
      if (!isOpen || socket.isPaused()) return undefined;
      const quietMs = nowMs() - lastDataMs;
      if (frames.isWithinMessage && quietMs >= options.quietMs) take(frames.flush());
      if (begunMs !== undefined && nowMs() - begunMs >= options.messageTimeoutMs) return 'slow';
      return quietMs >= options.idleTimeoutMs ? 'idle' : undefined;
    },
    close,
  };
}
