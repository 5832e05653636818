/** Bytes in the order of a file, of which only the part in hand is in memory. */
export interface ByteSource {
  /** The next bytes, or undefined when fewer are left; those are then used up. */
  take(bytes: number): Uint8Array | undefined;
  /** Steps over bytes; false when fewer are left. */
  skip(bytes: number): boolean;
  /** Whether every byte has been taken. */
  readonly ended: boolean;
}

export function createByteSource(chunks: Iterable<Uint8Array>): ByteSource {
  const iterator = chunks[Symbol.iterator]();
  let chunk: Uint8Array = new Uint8Array();
  let at = 0;

  /** Moves to the next chunk when this one is used up; false at the end. */
  function fill(): boolean {
    while (at === chunk.length) {
      const next = iterator.next();
      if (next.done === true) return false;
      // A Buffer is no plain array of bytes: its slice() shares memory.
      chunk = new Uint8Array(next.value.buffer, next.value.byteOffset, next.value.byteLength);
      at = 0;
    }
    return true;
  }

  return {
    take(bytes) {
      if (bytes <= chunk.length - at) {
        at += bytes;
        return chunk.subarray(at - bytes, at);
      }
      const whole = new Uint8Array(bytes);
      for (let held = 0; held < bytes;) {
        if (!fill()) return undefined;
        const part = chunk.subarray(at, at + bytes - held);
        whole.set(part, held);
        held += part.length;
        at += part.length;
      }
      return whole;
    },
    skip(bytes) {
      for (let left = bytes; left > 0;) {
        if (!fill()) return false;
        const step = Math.min(left, chunk.length - at);
        at += step;
        left -= step;
      }
      return true;
    },
    get ended() {
      return !fill();
    },
  };
}
