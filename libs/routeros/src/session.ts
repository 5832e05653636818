import type { Socket } from 'node:net';
import type { AllowList } from './allow-list.ts';
import { type Command, commandWords, isRead } from './command.ts';
import {
  AmbiguousWriteError,
  ConnectionLostError,
  FatalError,
  LoginRefusedError,
  ProtocolError,
  RouterosError,
  TimeoutError,
  TooManyCommandsError,
  type Trap,
  TrapError,
} from './errors.ts';
import { parseReply, type ReplySentence } from './reply.ts';
import { encodeSentence, SentenceDecoder, type SentenceLimits } from './sentence.ts';

/** What a command gave. All values are text, as the router sends them; a property it left out is absent. */
export interface Reply {
  readonly records: readonly Readonly<Record<string, string>>[];
  /** What `!done` returned, such as the id of an added item. */
  readonly ret?: string;
}

/** One connection to one router. It does not connect again by itself. */
export interface RouterosSession {
  /**
   * Sends a command and resolves at its `!done`. Commands run side by side.
   * @throws NotAllowedError, TooManyCommandsError: nothing was sent
   * @throws TrapError: the router refused
   * @throws TimeoutError, ConnectionLostError, FatalError, ProtocolError: no answer to a read
   * @throws AmbiguousWriteError: no answer to a write
   */
  execute(command: Command, options?: { readonly timeoutMs?: number }): Promise<Reply>;
  /** Resolves, with the reason, when the session has ended for whatever cause. */
  readonly closed: Promise<RouterosError>;
  /** Ends the session; pending commands are rejected. Safe twice. */
  close(): Promise<void>;
}

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
  /** Told of replies that nobody waits for and of reply words this client does not know. */
  readonly onUnexpected: ((what: 'tag' | 'word', text: string) => void) | undefined;
}

interface Pending {
  readonly command: string;
  readonly write: boolean;
  readonly records: Readonly<Record<string, string>>[];
  readonly traps: Trap[];
  readonly timer: NodeJS.Timeout;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: RouterosError) => void;
  replyBytes: number;
}

/** The login is sent without a tag, so its replies bear none. */
const LOGIN_TAG = '';

/** The conversation on a connected socket. `login` must have resolved before the session is used. */
export function createSession(
  socket: Socket,
  options: SessionOptions,
): { readonly session: RouterosSession; readonly login: (user: string, password: string) => Promise<void> } {
  const decoder = new SentenceDecoder(options.limits);
  const pending = new Map<string, Pending>();
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
    for (const tag of [...pending.keys()]) fail(tag, reason);
    resolveClosed(reason);
  };

  const take = (tag: string): Pending | undefined => {
    const entry = pending.get(tag);
    pending.delete(tag);
    clearTimeout(entry?.timer);
    return entry;
  };

  const fail = (tag: string, reason: RouterosError): void => {
    const entry = take(tag);
    if (!entry) return;
    // A trap is an answer, even when its !done was lost.
    if (entry.traps.length > 0) entry.reject(new TrapError(entry.traps));
    else entry.reject(entry.write ? new AmbiguousWriteError(entry.command, reason) : reason);
  };

  const send = (words: readonly string[], tag: string, timeoutMs: number): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const [command = ''] = words;
      const bytes = encodeSentence(tag === LOGIN_TAG ? words : [...words, `.tag=${tag}`]);
      if (ended) throw new ConnectionLostError(`${options.peer}: the session has ended (${ended.message})`);
      if (pending.size >= options.maxPending) {
        throw new TooManyCommandsError(`${options.peer}: ${pending.size} commands wait for their replies`);
      }
      const timer = setTimeout(() => {
        fail(tag, new TimeoutError(`${options.peer}: no answer to ${command} within ${timeoutMs} ms`));
      }, timeoutMs);
      const write = !isRead(words) && command !== '/login';
      pending.set(tag, { command, write, records: [], traps: [], timer, resolve, reject, replyBytes: 0 });
      // Commands of one turn leave in one segment.
      socket.cork();
      socket.write(bytes);
      process.nextTick(() => socket.uncork());
    });

  const dispatch = (reply: ReplySentence, bytes: number): void => {
    if (reply.word === '!fatal') {
      const why = reply.rest.join(' ') || reply.attributes['message'] || 'no reason given';
      end(new FatalError(`${options.peer}: the router ended the session: ${shorten(why)}`));
      return;
    }
    const entry = pending.get(reply.tag);
    if (!entry) {
      options.onUnexpected?.('tag', shorten(reply.tag));
      return;
    }
    entry.replyBytes += bytes;
    if (entry.replyBytes > options.maxReplyBytes) {
      throw new ProtocolError(
        `the reply to ${entry.command} is over the limit of ${options.maxReplyBytes} bytes`,
      );
    }
    switch (reply.word) {
      case '!re':
        entry.records.push(reply.attributes);
        return;
      case '!trap':
        entry.traps.push(readTrap(reply));
        return;
      case '!empty':
        return;
      case '!done': {
        take(reply.tag);
        const ret = reply.attributes['ret'];
        if (entry.traps.length > 0) entry.reject(new TrapError(entry.traps));
        else entry.resolve({ records: entry.records, ...(ret === undefined ? {} : { ret }) });
        return;
      }
      default:
        options.onUnexpected?.('word', shorten(reply.word));
    }
  };

  socket.on('data', (chunk: Uint8Array) => {
    heard = true;
    try {
      for (const sentence of decoder.push(chunk)) {
        if (ended) return;
        dispatch(
          parseReply(sentence),
          sentence.reduce((sum, word) => sum + word.length, 0),
        );
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
        : new ConnectionLostError(`${options.peer}: ${error.message}`, { cause: error }),
    ),
  );
  socket.on('close', () => end(new ConnectionLostError(`${options.peer}: the router closed the connection`)));

  const keepAlive = setInterval(() => {
    if (heard || pending.size > 0) {
      heard = false;
      return;
    }
    send(['/system/identity/print'], `k${(lastTag += 1)}`, options.timeoutMs).catch((error: unknown) => {
      if (error instanceof TimeoutError) end(error);
    });
  }, options.keepAliveMs);
  keepAlive.unref();

  const session: RouterosSession = {
    async execute(command, { timeoutMs = options.timeoutMs } = {}) {
      const words = commandWords(command);
      options.allowList(words);
      return send(words, String((lastTag += 1)), timeoutMs);
    },
    closed,
    async close() {
      end(new ConnectionLostError(`${options.peer}: closed by this side`));
      if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
    },
  };

  return {
    session,
    async login(user, password) {
      const { ret } = await send(
        ['/login', `=name=${user}`, `=password=${password}`],
        LOGIN_TAG,
        options.timeoutMs,
      ).catch((error: unknown) => {
        if (!(error instanceof TrapError)) throw error;
        throw new LoginRefusedError(
          `${options.peer}: the router refused the login of ${user}: ${error.message}`,
        );
      });
      if (ret === undefined) return;
      throw new LoginRefusedError(
        `${options.peer}: the router asks for the MD5 login of RouterOS before 6.43, which is not offered; ` +
          'upgrade the router, and change the password where the connection was not TLS',
      );
    },
  };
}

function readTrap({ attributes }: ReplySentence): Trap {
  const category = Number.parseInt(attributes['category'] ?? '', 10);
  return {
    category: Number.isNaN(category) ? undefined : category,
    message: shorten(attributes['message'] ?? 'no message'),
  };
}

/** Text of the router goes into messages and events; it decides neither their length. */
const shorten = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
