import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { connectRouteros, type RouterosOptions } from './connect.ts';
import {
  AmbiguousWriteError,
  ConnectionLostError,
  FatalError,
  LoginRefusedError,
  NotAllowedError,
  ProtocolError,
  TimeoutError,
  TooManyCommandsError,
  TrapError,
} from './errors.ts';
import type { RouterosSession, SessionEvent } from './session.ts';
import { createScriptedRouter, type Script } from '../testing/index.ts';

const PRINT = '/interface/print';
const SET = '/ip/firewall/mangle/set';
const PASSWORD = 'hunter2-very-secret';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function sessionWith(
  script: Script,
  options: Omit<Partial<RouterosOptions>, 'login'> & { login?: Script } = {},
): Promise<RouterosSession> {
  const { login, ...rest } = options;
  const router = await createScriptedRouter(script, login);
  cleanups.push(() => router.close());
  const session = await connectRouteros({
    host: '127.0.0.1',
    port: router.port,
    user: 'fairlead',
    password: PASSWORD,
    tls: false,
    allow: [PRINT, SET],
    timeoutMs: 2_000,
    ...rest,
  });
  cleanups.push(() => session.close());
  return session;
}

const caught = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => Promise.reject(new Error('expected a rejection')),
    (error: unknown) => (error instanceof Error ? error : Promise.reject(new Error('not an Error'))),
  );

describe('login', () => {
  it('sends user and password in the form of 6.43', async () => {
    const seen: string[][] = [];
    await sessionWith(() => undefined, {
      login: (words, peer) => {
        seen.push([...words]);
        peer.reply('!done');
      },
    });
    expect(seen).toEqual([['/login', '=name=fairlead', `=password=${PASSWORD}`]]);
  });

  it('says that it was refused, and why, without the password', async () => {
    const error = await caught(
      sessionWith(() => undefined, {
        login: (_words, { reply }) => {
          reply('!trap', '=message=invalid user name or password (6)');
          reply('!done');
        },
      }),
    );
    expect(error).toBeInstanceOf(LoginRefusedError);
    expect(error.message).toContain('invalid user name or password (6)');
    expect(JSON.stringify([error.message, error.stack, error])).not.toContain(PASSWORD);
  });

  it('is refused also when the router closes right after the trap', async () => {
    const login: Script = (_words, { reply, socket }) => {
      reply('!trap', '=message=std failure: not allowed (9)');
      socket.end();
    };
    await expect(sessionWith(() => undefined, { login })).rejects.toBeInstanceOf(LoginRefusedError);
  });

  it('does not answer the MD5 challenge of old routers', async () => {
    const seen: string[] = [];
    const login: Script = (words, { reply }) => {
      seen.push(...words);
      reply('!done', '=ret=0123456789abcdef0123456789abcdef');
    };
    await expect(sessionWith(() => undefined, { login })).rejects.toThrow('before 6.43');
    expect(seen.filter((word) => word === '/login')).toHaveLength(1);
  });

  it.each([
    ['a router that never answers', () => undefined, TimeoutError],
    ['a router that closes', (_words, { socket }) => void socket.end(), ConnectionLostError],
    ['!fatal', (_words, { raw }) => raw('!fatal', 'too many sessions'), FatalError],
    ['another protocol', (_words, { socket }) => void socket.write(Buffer.from([0xff, 0x00])), ProtocolError],
  ] as [string, Script, new () => Error][])('gives up on %s', async (_what, login, kind) => {
    await expect(sessionWith(() => undefined, { login, timeoutMs: 100 })).rejects.toBeInstanceOf(kind);
  });

  it('names the address when nobody listens', async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const address = free.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise((resolve) => free.close(resolve));
    const error = await caught(sessionWith(() => undefined, { port }));
    expect(error).toBeInstanceOf(ConnectionLostError);
    expect(error.message).toMatch(`127.0.0.1:${port}: connect ECONNREFUSED`);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const connecting = caught(
      sessionWith(() => undefined, { login: () => stop.abort(), signal: stop.signal, timeoutMs: 60_000 }),
    );
    expect((await connecting).message).toContain('given up');
  });
});

describe('execute', () => {
  it('gives records as the router wrote them, wherever the tag stands', async () => {
    const session = await sessionWith((_words, { raw, tag }) => {
      raw('!re', tag, '=.id=*1', '=name=ether1', '=comment=a=b=c', '=rx-byte=');
      raw('!re', '=.id=*2', '=__proto__=x', tag);
      raw('!done', tag, '=ret=2');
    });
    const reply = await session.execute([PRINT]);
    expect(reply.ret).toBe('2');
    expect(reply.records).toHaveLength(2);
    expect(reply.records[0]).toEqual({ '.id': '*1', name: 'ether1', comment: 'a=b=c', 'rx-byte': '' });
    expect(Object.entries(reply.records[1] ?? {})).toEqual([
      ['.id', '*2'],
      ['__proto__', 'x'],
    ]);
  });

  it('writes attributes and queries as words', async () => {
    const seen: (readonly string[])[] = [];
    const session = await sessionWith((words, { reply }) => {
      seen.push(words);
      reply('!done');
    });
    await session.execute({
      command: PRINT,
      attributes: { '.proplist': '.id,name' },
      queries: ['?comment=Łącze = 1'],
    });
    expect(seen).toEqual([[PRINT, '=.proplist=.id,name', '?comment=Łącze = 1']]);
  });

  it('keeps replies of commands that run side by side apart', async () => {
    const waiting: (() => void)[] = [];
    const session = await sessionWith((words, { reply }) => {
      const name = words.find((word) => word.startsWith('?')) ?? '';
      reply('!re', `=asked=${name}`);
      waiting.unshift(() => reply('!done'));
      if (waiting.length === 3) for (const finish of waiting) finish();
    });
    const replies = await Promise.all(['?a', '?b', '?c'].map((query) => session.execute([PRINT, query])));
    expect(replies.map((reply) => reply.records)).toEqual([
      [{ asked: '?a' }],
      [{ asked: '?b' }],
      [{ asked: '?c' }],
    ]);
  });

  it('rejects at !done with every trap', async () => {
    const session = await sessionWith((_words, { reply }) => {
      reply('!trap', '=category=1', '=message=unknown parameter');
      reply('!trap', '=message=no such item');
      reply('!done');
    });
    const error = await caught(session.execute([PRINT]));
    expect(error).toBeInstanceOf(TrapError);
    expect(error).toMatchObject({
      category: 1,
      message: 'unknown parameter; no such item',
      traps: [
        { category: 1, message: 'unknown parameter' },
        { category: undefined, message: 'no such item' },
      ],
    });
  });

  it('waits for !done after !empty, and goes on after words and tags it does not know', async () => {
    const events: SessionEvent[] = [];
    const session = await sessionWith(
      (_words, { reply, raw }) => {
        reply('!news', '=x=1');
        raw('!re', '.tag=99', '=x=1');
        raw('!done');
        raw('hello');
        reply('!empty');
        reply('!done');
      },
      { onEvent: (event) => events.push(event) },
    );
    expect(await session.execute([PRINT])).toEqual({ records: [] });
    expect(events).toEqual([
      { kind: 'unknown-word', word: '!news', command: PRINT },
      { kind: 'unknown-tag', tag: '99', word: '!re' },
      { kind: 'unknown-tag', tag: '', word: '!done' },
      { kind: 'unknown-tag', tag: '', word: 'hello' },
      { kind: 'empty', command: PRINT },
    ]);
  });

  it('gives up one command at its deadline; its late reply disturbs nobody', async () => {
    let late: (() => void) | undefined;
    const session = await sessionWith((_words, { reply }) => {
      if (!late) {
        late = () => {
          reply('!re', '=late=yes');
          reply('!done');
        };
        return;
      }
      late();
      reply('!re', '=late=no');
      reply('!done');
    });
    await expect(session.execute([PRINT], { timeoutMs: 30 })).rejects.toBeInstanceOf(TimeoutError);
    expect((await session.execute([PRINT])).records).toEqual([{ late: 'no' }]);
  });

  it.each([
    ['closes mid-reply', ({ socket }) => socket.end(), ConnectionLostError],
    ['resets the connection', ({ socket }) => socket.resetAndDestroy(), ConnectionLostError],
    ['sends !fatal without a tag', ({ raw }) => raw('!fatal', 'session terminated on request'), FatalError],
    ['breaks the protocol', ({ socket }) => socket.write(Buffer.from([0xf8])), ProtocolError],
  ] as [string, (peer: Parameters<Script>[1]) => void, new () => Error][])(
    'settles every command when the router %s',
    async (_what, disturb, kind) => {
      const session = await sessionWith((words, peer) => {
        peer.reply('!re', '=half=yes');
        if (words[0] === SET) disturb(peer);
      });
      const [read, another, write] = await Promise.all(
        [[PRINT], [PRINT], [SET, '=.id=*1']].map((words) => caught(session.execute(words))),
      );
      expect(read).toBeInstanceOf(kind);
      expect(another).toBeInstanceOf(kind);
      expect(write).toBeInstanceOf(AmbiguousWriteError);
      expect(write?.cause).toBeInstanceOf(kind);
      expect(await session.closed).toBeInstanceOf(kind);
      await expect(session.execute([SET])).rejects.toBeInstanceOf(ConnectionLostError);
    },
  );

  it('takes a trap for an answer even when its !done is lost', async () => {
    const session = await sessionWith((_words, { reply, socket }) => {
      reply('!trap', '=category=1', '=message=input does not match');
      socket.end();
    });
    await expect(session.execute([SET, '=.id=*1'])).rejects.toBeInstanceOf(TrapError);
  });

  it('calls a write without a reply in time ambiguous', async () => {
    const session = await sessionWith(() => undefined);
    const error = await caught(session.execute([SET, '=comment=geheim'], { timeoutMs: 20 }));
    expect(error).toBeInstanceOf(AmbiguousWriteError);
    expect(error.cause).toBeInstanceOf(TimeoutError);
    expect(error.message).not.toContain('geheim');
  });

  it('holds no more of a reply than its limit', async () => {
    const session = await sessionWith(
      (_words, { reply }) => {
        for (let i = 0; i < 100; i += 1) reply('!re', `=x=${'y'.repeat(100)}`);
      },
      { maxReplyBytes: 1_000 },
    );
    await expect(session.execute([PRINT])).rejects.toThrow('over the limit of 1000 bytes');
  });

  it('holds no more commands than its limit', async () => {
    const session = await sessionWith(() => undefined, { maxPending: 2 });
    const waiting = [session.execute([PRINT]), session.execute([PRINT])].map(caught);
    await expect(session.execute([PRINT])).rejects.toBeInstanceOf(TooManyCommandsError);
    await session.close();
    for (const error of await Promise.all(waiting)) expect(error.message).toContain('closed by this side');
  });

  it('ends a session whose router is silent for two keep-alives', async () => {
    const seen: string[] = [];
    const session = await sessionWith((words) => seen.push(words[0] ?? ''), {
      keepAliveMs: 20,
      timeoutMs: 100,
    });
    expect(await session.closed).toBeInstanceOf(TimeoutError);
    expect(seen).toEqual(['/system/identity/print']);
  });

  it('keeps an idle session whose router answers', async () => {
    let asked = 0;
    const session = await sessionWith(
      (_words, { reply }) => {
        asked += 1;
        reply('!done');
      },
      { keepAliveMs: 10 },
    );
    while (asked < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await session.execute([PRINT])).records).toEqual([]);
  });
});

describe('the allow-list of a session', () => {
  it('lets nothing else reach the router', async () => {
    const seen: string[] = [];
    const session = await sessionWith((words, { reply }) => {
      seen.push(words[0] ?? '');
      reply('!done');
    });
    for (const words of [['/system/reboot'], [`${SET}/`], ['/interface', PRINT], [PRINT, '=file=x'], []]) {
      await expect(session.execute(words)).rejects.toBeInstanceOf(NotAllowedError);
    }
    await session.execute([PRINT]);
    expect(seen).toEqual([PRINT]);
  });
});
