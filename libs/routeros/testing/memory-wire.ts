import { Duplex } from 'node:stream';
import { encodeSentence, SentenceDecoder } from '../src/sentence.ts';

/** The router's end of a connection without a network: what is delivered arrives at once and in exactly these pieces. */
export interface MemoryWire {
  /** The client's end. */
  readonly socket: Duplex;
  /** Every sentence that the client has sent. */
  readonly sent: readonly (readonly string[])[];
  /** Resolves when what the client has said so far is in `sent`. */
  flush(): Promise<void>;
  deliver(bytes: Uint8Array): void;
  say(...words: string[]): void;
  hangUp(): void;
}

export function createMemoryWire(): MemoryWire {
  const decoder = new SentenceDecoder({ maxWordBytes: 2 ** 24, maxSentenceBytes: 2 ** 25 });
  const sent: string[][] = [];
  const socket = new Duplex({
    read: () => undefined,
    write(chunk: Uint8Array, _encoding, done) {
      sent.push(...decoder.push(chunk));
      done();
    },
  });
  const deliver = (bytes: Uint8Array): void => {
    // As a socket, which has no news once it is destroyed.
    if (!socket.destroyed) socket.emit('data', bytes);
  };
  return {
    socket,
    sent,
    flush: () => new Promise((resolve) => void setImmediate(resolve)),
    deliver,
    say: (...words) => deliver(encodeSentence(words)),
    hangUp: () => void socket.destroy(),
  };
}
