import type { Duplex } from 'node:stream';
import type { AllowList } from './allow-list.ts';
import { CollectedReply, type Reply } from './collect-reply.ts';
import { createCommandStream, type RouterosStream, type StreamOptions } from './command-stream.ts';
import type { Command } from './command.ts';
import {
  ConnectionLostError,
  FatalError,
  ProtocolError,
  RouterosError,
  TimeoutError,
  TooManyCommandsError,
} from './errors.ts';
import type { InFlight } from './in-flight.ts';
import { logIn, type Login } from './login.ts';
import { PreparedCommand } from './prepared-command.ts';
import { parseReply, readTrap, type ReplySentence, shorten } from './reply.ts';
import { SegmentWriter } from './segment-writer.ts';
import { SentenceDecoder, type SentenceLimits } from './sentence.ts';

/** One connection to one router. It does not connect again by itself. */
export interface RouterosSession {
  /**
   * Sends a command and resolves at its `!done`. Commands run side by side.
   * @throws NotAllowedError, TooManyCommandsError: nothing was sent
   * @throws TrapError: the router refused
   * @throws TimeoutError, ConnectionLostError, FatalError, ProtocolError: no answer to a read
   * @throws AmbiguousWriteError: no answer to a write
   */
  execute(command: Command | PreparedCommand, options?: { readonly timeoutMs?: number }): Promise<Reply>;
  /**
   * Sends a command that goes on, and gives its rows as they come.
   * @throws NotAllowedError, TooManyCommandsError, ConnectionLostError: nothing was sent. Everything later is thrown by
   *   the iteration.
   */
  stream(command: Command, options: StreamOptions): RouterosStream;
  /** Resolves, with the reason, when the session has ended for whatever cause. */
  readonly closed: Promise<RouterosError>;
  /** Ends the session; pending commands are rejected. Safe twice. */
  close(): Promise<void>;
}

/** What happened beside the replies that somebody waits for. None of it disturbs the session. */
export type SessionEvent =
  /** RouterOS 7.18 and later say so before `!done` when there is nothing to return. */
  | { readonly kind: 'empty'; readonly command: string }
  /** A reply word that this client does not know. */
  | { readonly kind: 'unknown-word'; readonly word: string; readonly command: string }
  /** A reply that nobody waits for, such as one after its deadline; '' is a reply without a tag. */
  | { readonly kind: 'unknown-tag'; readonly tag: string; readonly word: string };

export interface SessionOptions {
  /** host:port, for messages. */
  readonly peer: string;
  readonly allowList: AllowList;
  /** Deadline of a command that names none. */
  readonly timeoutMs: number;
  /** After so long without a byte from the router it is asked for its name; no answer ends the session. */
  readonly keepAliveMs: number;
  /** Most commands in flight. */
  readonly maxPending: number;
  /** Most bytes of words in the reply to one command. */
  readonly maxReplyBytes: number;
  readonly limits: SentenceLimits;
  readonly onEvent: ((event: SessionEvent) => void) | undefined;
}

/** The login is sent without a tag, so its replies bear none. */
const LOGIN_TAG = '';

/** The conversation on a connected socket. `login` must have resolved before the session is used. */
export function createSession(
  socket: Duplex,
  options: SessionOptions,
): { readonly session: RouterosSession; readonly login: (as: Omit<Login, 'peer'>) => Promise<void> } {
  const { peer } = options;
  const decoder = new SentenceDecoder(options.limits);
  const writer = new SegmentWriter(socket);
  const pending = new Map<string, InFlight>();
  let lastTag = 0;
  let ended: RouterosError | undefined;
  let heard = true;
  let resolveClosed: (reason: RouterosError) => void;
  const closed = new Promise<RouterosError>((resolve) => (resolveClosed = resolve));

  const end = (reason: RouterosError): void => {
    if (ended) return;
    ended = reason;
    clearInterval(keepAlive);
    socket.destroy();
    for (const tag of [...pending.keys()]) lose(tag, reason);
    resolveClosed(reason);
  };

  const take = (tag: string): InFlight | undefined => {
    const entry = pending.get(tag);
    pending.delete(tag);
    return entry;
  };
  const lose = (tag: string, reason: RouterosError): void => take(tag)?.lost(reason);

  const checkOpen = (): void => {
    if (ended) throw new ConnectionLostError(`${peer}: the session has ended (${ended.message})`);
  };

  const put = (bytes: Uint8Array, tag: string, entry: InFlight): void => {
    pending.set(tag, entry);
    writer.write(bytes);
  };

  const onTimeout = ({ tag, command, timeoutMs }: CollectedReply): void =>
    lose(tag, new TimeoutError(`${peer}: no answer to ${command} within ${timeoutMs} ms`));
  const ask = (prepared: PreparedCommand, tag: string, timeoutMs: number): Promise<Reply> => {
    const [command = ''] = prepared.words;
    checkOpen();
    const entry = new CollectedReply(command, tag, {
      write: !prepared.isRead && command !== '/login' && command !== '/cancel',
      timeoutMs,
      maxReplyBytes: options.maxReplyBytes,
      onTimeout,
    });
    put(prepared.encode(tag), tag, entry);
    return entry.reply;
  };
  const askWords = async (words: readonly string[], tag: string, timeoutMs: number): Promise<Reply> =>
    ask(new PreparedCommand(words), tag, timeoutMs);

  /** Prepared commands that the list has allowed. */
  const allowed = new WeakSet<PreparedCommand>();
  const admit = (command: Command | PreparedCommand): PreparedCommand => {
    const isPrepared = command instanceof PreparedCommand;
    const prepared = isPrepared ? command : new PreparedCommand(command);
    if (!allowed.has(prepared)) options.allowList(prepared.words);
    if (isPrepared) allowed.add(prepared);
    checkOpen();
    if (pending.size < options.maxPending) return prepared;
    throw new TooManyCommandsError(`${peer}: ${pending.size} commands wait for their replies`);
  };

  const dispatch = (reply: ReplySentence): void => {
    if (reply.word === '!fatal') {
      const why = reply.rest.join(' ') || reply.attributes['message'] || 'no reason given';
      end(new FatalError(`${peer}: the router ended the session: ${shorten(why)}`));
      return;
    }
    const entry = pending.get(reply.tag);
    if (!entry) {
      options.onEvent?.({ kind: 'unknown-tag', tag: shorten(reply.tag), word: shorten(reply.word) });
      return;
    }
    switch (reply.word) {
      case '!re':
        entry.row(reply.attributes, reply.size);
        return;
      case '!trap':
        entry.trap(readTrap(reply), reply.size);
        return;
      case '!empty':
        options.onEvent?.({ kind: 'empty', command: entry.command });
        return;
      case '!done':
        take(reply.tag);
        entry.done(reply.attributes['ret']);
        return;
      default:
        options.onEvent?.({ kind: 'unknown-word', word: shorten(reply.word), command: entry.command });
    }
  };

  socket.on('data', (chunk: Uint8Array) => {
    heard = true;
    try {
      for (const sentence of decoder.push(chunk)) {
        if (ended) return;
        dispatch(parseReply(sentence));
      }
    } catch (error) {
      end(
        error instanceof RouterosError
          ? error
          : new ProtocolError('the reply could not be read', { cause: error }),
      );
    }
  });
  socket.on('error', (error) =>
    end(
      error instanceof RouterosError
        ? error
        : new ConnectionLostError(`${peer}: ${error.message}`, { cause: error }),
    ),
  );
  /** An error is dear, and a session ends once. */
  const endAs = (why: string): void => {
    if (!ended) end(new ConnectionLostError(`${peer}: ${why}`));
  };
  socket.on('close', () => endAs('the router closed the connection'));

  const keepAlive = setInterval(() => {
    const awaited = [...pending.values()].some(({ endless }) => !endless);
    if (heard || awaited) {
      heard = false;
      return;
    }
    askWords(['/system/identity/print'], `k${(lastTag += 1)}`, options.timeoutMs).catch((error: unknown) => {
      if (error instanceof TimeoutError) end(error);
    });
  }, options.keepAliveMs);
  keepAlive.unref();

  const session: RouterosSession = {
    async execute(command, { timeoutMs = options.timeoutMs } = {}) {
      const prepared = admit(command);
      return ask(prepared, String((lastTag += 1)), timeoutMs);
    },
    stream(command, streamOptions) {
      const prepared = admit(command);
      const tag = String((lastTag += 1));
      const { inFlight, stream } = createCommandStream(prepared.words[0] ?? '', streamOptions, {
        peer,
        write: !prepared.isRead,
        cancelTimeoutMs: streamOptions.cancelTimeoutMs ?? options.timeoutMs,
        sendCancel: (timeoutMs) => askWords(['/cancel', `=tag=${tag}`], `c${(lastTag += 1)}`, timeoutMs),
        forget: () => void take(tag),
      });
      put(prepared.encode(tag), tag, inFlight);
      if (streamOptions.signal?.aborted === true) void stream.cancel().catch(() => undefined);
      return stream;
    },
    closed,
    async close() {
      endAs('closed by this side');
      if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
    },
  };

  return {
    session,
    login: (as) => logIn((words) => askWords(words, LOGIN_TAG, options.timeoutMs), { peer, ...as }),
  };
}
