import { createServer, type Socket } from 'node:net';
import { encodeSentence, SentenceDecoder } from '../src/sentence.ts';

/** The router's side of one command. */
export interface ScriptedPeer {
  /** Answers with the tag of the command. */
  readonly reply: (word: string, ...rest: string[]) => void;
  /** Answers with these words and no others. */
  readonly raw: (...words: string[]) => void;
  readonly socket: Socket;
  /** `.tag=…` of the command; '' when it has none. */
  readonly tag: string;
}

/** What a scripted router does with one sentence. */
export type Script = (words: readonly string[], peer: ScriptedPeer) => void;

export interface ScriptedRouter {
  readonly port: number;
  /** Every sentence that came, without tags. */
  readonly received: readonly (readonly string[])[];
  /** Closes the open connections; new ones are taken. */
  disconnect(): void;
  close(): Promise<void>;
}

/** A peer on loopback that speaks the framing of the RouterOS API and otherwise does what the script says. */
export async function createScriptedRouter(
  script: Script,
  login: Script = (_words, { reply }) => reply('!done'),
): Promise<ScriptedRouter> {
  const received: (readonly string[])[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const decoder = new SentenceDecoder();
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const sentence of decoder.push(chunk)) {
        const tag = sentence.find((word) => word.startsWith('.tag=')) ?? '';
        const words = sentence.filter((word) => word !== tag);
        const raw = (...answer: string[]): void => void socket.write(encodeSentence(answer));
        const reply = (word: string, ...rest: string[]): void =>
          raw(...(tag === '' ? [word, ...rest] : [word, tag, ...rest]));
        received.push(words);
        (words[0] === '/login' ? login : script)(words, { reply, raw, socket, tag });
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const disconnect = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    received,
    disconnect,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        disconnect();
      }),
  };
}
