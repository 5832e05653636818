import type { Writable } from 'node:stream';

/** Writes what is said in one turn as one piece, so that it leaves in one segment. */
export class SegmentWriter {
  readonly #socket: Writable;
  #waiting: Uint8Array[] = [];

  constructor(socket: Writable) {
    this.#socket = socket;
  }

  write(bytes: Uint8Array): void {
    if (this.#waiting.push(bytes) === 1) process.nextTick(flush, this);
  }

  flush(): void {
    const [first, ...others] = this.#waiting;
    this.#waiting = [];
    if (!first || this.#socket.destroyed) return;
    this.#socket.write(others.length === 0 ? first : Buffer.concat([first, ...others]));
  }
}

function flush(writer: SegmentWriter): void {
  writer.flush();
}
