import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { encodeSentence, SentenceDecoder } from '@fairlead/routeros';

/** A client that sends what it is told and shows what came back, word by word. */
export interface RawClient {
  send(...words: string[]): void;
  /** The sentences up to and with the first that `ends`. Rejects when the connection closes before. */
  receive(ends: (words: readonly string[]) => boolean): Promise<string[][]>;
  /** Sends a command and gives the sentences up to `!done`. */
  talk(...words: string[]): Promise<string[][]>;
  /** Resolves when the router has closed the connection, with what came since the last receive. */
  closed(): Promise<string[][]>;
  close(): void;
}

export const isDone = (words: readonly string[]): boolean => words[0] === '!done';

export async function openRawClient(port: number, tls?: { readonly ca: string }): Promise<RawClient> {
  const socket: Socket = tls
    ? connectTls({ host: '127.0.0.1', port, ca: tls.ca })
    : connect({ host: '127.0.0.1', port });
  await once(socket, tls ? 'secureConnect' : 'connect');
  const decoder = new SentenceDecoder();
  let arrived: string[][] = [];
  let over = false;
  let wake = (): void => undefined;
  socket.on('data', (chunk) => {
    arrived.push(...decoder.push(chunk));
    wake();
  });
  socket.on('error', () => undefined);
  socket.once('close', () => {
    over = true;
    wake();
  });
  const news = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const client: RawClient = {
    send: (...words) => void socket.write(encodeSentence(words)),
    async receive(ends) {
      for (;;) {
        const at = arrived.findIndex(ends);
        if (at !== -1) return arrived.splice(0, at + 1);
        if (over) throw new Error(`closed after ${JSON.stringify(arrived)}`);
        await news();
      }
    },
    talk(...words) {
      client.send(...words);
      return client.receive(isDone);
    },
    async closed() {
      while (!over) await news();
      const rest = arrived;
      arrived = [];
      return rest;
    },
    close: () => void socket.destroy(),
  };
  return client;
}
