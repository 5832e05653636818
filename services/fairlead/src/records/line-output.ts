import type { Writable } from 'node:stream';

/** Lines for a stream that may be slow, or whose reader may leave (`| head`). */
export interface LineOutput {
  /** Resolves when there is room for more; false when nobody reads any longer. */
  write(line: string): Promise<boolean>;
  /** Resolves when everything is handed over; false when nobody reads any longer. */
  flush(): Promise<boolean>;
}

const CHUNK_CHARACTERS = 65_536;

export function createLineOutput(stream: Writable): LineOutput {
  let waiting = '';
  let readerLeft = false;
  // The outcome of each write comes to its callback; without a listener the same error would end the process.
  stream.on('error', () => undefined);

  const flush = async (): Promise<boolean> => {
    const text = waiting;
    waiting = '';
    if (readerLeft || text === '') return !readerLeft;
    const error = await new Promise<Error | null | undefined>((resolve) => stream.write(text, resolve));
    if (error && !isBrokenPipe(error)) throw error;
    readerLeft = Boolean(error);
    return !readerLeft;
  };

  return {
    flush,
    async write(line) {
      waiting += `${line}\n`;
      return waiting.length < CHUNK_CHARACTERS ? !readerLeft : flush();
    },
  };
}

const isBrokenPipe = (error: Error): boolean =>
  'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
