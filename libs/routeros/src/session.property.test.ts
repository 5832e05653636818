import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemorySession } from '../testing/index.ts';
import type { Reply } from './collect-reply.ts';
import { AmbiguousWriteError, ConnectionLostError, FatalError, TrapError } from './errors.ts';
import { encodeLength, encodeSentence } from './sentence.ts';
import type { RouterosSession, SessionOptions } from './session.ts';

const PRINT = '/interface/print';
const SET = '/ip/firewall/mangle/set';
const LISTEN = '/interface/listen';

const bytesOf = (sentences: readonly (readonly string[])[]): Buffer =>
  Buffer.concat(sentences.map((words) => encodeSentence(words)));

/** What became of a command, in words that can be compared. */
type Outcome =
  readonly [kind: 'reply', Reply] | readonly [kind: 'rows', readonly string[]] | readonly [string];

const LONG = 'y'.repeat(300);

/** Replies to the commands of `ask`, interleaved as a router may. */
const REPLIES: readonly (readonly string[])[] = [
  ['!re', '.tag=1', '=.id=*1', '=comment=a=b=!done', '=name=Łącze'],
  ['!re', '.tag=4', '=name=L1'],
  ['!empty', '.tag=2'],
  ['!re', '.tag=1', `=comment=${LONG}`, '=rx-byte='],
  ['!trap', '.tag=3', '=category=1', '=message=input does not match'],
  ['!re', '=name=L2', '.tag=4'],
  ['!done', '.tag=2'],
  ['!news', '.tag=1', '=x=1'],
  ['!re', '.tag=99', '=name=nobody'],
  ['!done', '.tag=1', '=ret=2'],
  ['!done', '.tag=3'],
  ['!re', '.tag=4', `=name=${LONG}`],
  ['!done', '.tag=4'],
];
const STREAM = bytesOf(REPLIES);
/** Where each sentence ends in STREAM. */
const ENDS = REPLIES.map((_, index) => bytesOf(REPLIES.slice(0, index + 1)).length);

const sessions: RouterosSession[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});

/** Sends two prints, a set and a listen, and tells what became of each once all of them are settled. */
function ask(options: Partial<SessionOptions> = {}) {
  const { session, wire } = createMemorySession([PRINT, SET, LISTEN], options);
  sessions.push(session);
  const outcomeOf = (promise: Promise<Reply>): Promise<Outcome> =>
    promise.then(
      (reply) => ['reply', reply] as const,
      (error: unknown) => [kindOf(error)] as const,
    );
  const replies = [[PRINT], [PRINT], [SET, '=.id=*1']].map((words) => outcomeOf(session.execute(words)));
  const stream = session.stream([LISTEN], { overflow: 'fail' });
  const rows = (async (): Promise<Outcome> => {
    const names: string[] = [];
    try {
      for await (const { name = '' } of stream) names.push(name);
    } catch (error) {
      names.push(kindOf(error));
    }
    return ['rows', names];
  })();
  return { session, wire, outcomes: Promise.all([...replies, rows]) };
}

const kindOf = (error: unknown): string => (error instanceof Error ? error.name : 'not an Error');

const ALL: readonly Outcome[] = [
  [
    'reply',
    {
      records: [
        { '.id': '*1', comment: 'a=b=!done', name: 'Łącze' },
        { comment: LONG, 'rx-byte': '' },
      ],
      ret: '2',
    },
  ],
  ['reply', { records: [] }],
  ['TrapError'],
  ['rows', ['L1', 'L2', LONG]],
];

/** What is told when the stream is cut after so many bytes. */
function outcomesAfter(length: number, lost: string): Outcome[] {
  const came = REPLIES.filter((_, index) => (ENDS[index] ?? 0) <= length);
  const has = (word: string, tag: number): boolean =>
    came.some((words) => words[0] === word && words.includes(`.tag=${tag}`));
  const names = (ALL[3]?.[1] as readonly string[]).filter((name) =>
    came.some((words) => words.includes('.tag=4') && words.includes(`=name=${name}`)),
  );
  const read = (tag: number): Outcome => (has('!done', tag) ? (ALL[tag - 1] ?? [lost]) : [lost]);
  return [
    read(1),
    read(2),
    has('!trap', 3) ? ['TrapError'] : ['AmbiguousWriteError'],
    ['rows', has('!done', 4) ? names : [...names, lost]],
  ];
}

describe('a session', () => {
  it('reads the same replies at every split offset', async () => {
    for (let offset = 0; offset <= STREAM.length; offset += 1) {
      const { wire, outcomes } = ask();
      wire.deliver(STREAM.subarray(0, offset));
      wire.deliver(STREAM.subarray(offset));
      expect(await outcomes, `split at ${offset}`).toEqual(ALL);
    }
  });

  it.each([1, 2, 3, 7, 50, 64, 4_096])('reads the same replies in chunks of %d bytes', async (size) => {
    const { wire, outcomes } = ask();
    for (let at = 0; at < STREAM.length; at += size) wire.deliver(STREAM.subarray(at, at + size));
    expect(await outcomes).toEqual(ALL);
  });

  it('settles everything, with what is known, when the router closes after any byte', async () => {
    for (let offset = 0; offset <= STREAM.length; offset += 1) {
      const { session, wire, outcomes } = ask();
      wire.deliver(STREAM.subarray(0, offset));
      wire.hangUp();
      expect(await outcomes, `closed after ${offset}`).toEqual(outcomesAfter(offset, 'ConnectionLostError'));
      expect(await session.closed).toBeInstanceOf(ConnectionLostError);
    }
  });

  it.each([
    ['alone', []],
    [
      'and what follows is nobody’s',
      [
        ['!done', '.tag=1'],
        ['!done', '.tag=2'],
        ['!done', '.tag=3'],
      ],
    ],
  ])('settles everything at an untagged !fatal after any sentence, %s', async (_what, after) => {
    for (const end of [0, ...ENDS]) {
      const { session, wire, outcomes } = ask();
      const last = bytesOf([['!fatal', 'session terminated on request'], ...after]);
      wire.deliver(Buffer.concat([STREAM.subarray(0, end), last]));
      wire.hangUp();
      expect(await outcomes, `!fatal after ${end}`).toEqual(outcomesAfter(end, 'FatalError'));
      const reason = await session.closed;
      expect(reason).toBeInstanceOf(FatalError);
      expect(reason.message).toContain('session terminated on request');
    }
  });

  it('settles everything when it is closed by this side after any sentence', async () => {
    for (const end of [0, ...ENDS]) {
      const { session, wire, outcomes } = ask();
      wire.deliver(STREAM.subarray(0, end));
      await session.close();
      expect(await outcomes).toEqual(outcomesAfter(end, 'ConnectionLostError'));
    }
  });

  it.each([0x7f, 0x80, 300, 0x3fff, 0x4000, 20_000, 0x1fffff, 0x200000])(
    'gives a word of %d bytes as it is',
    async (length) => {
      const { session, wire } = createMemorySession([PRINT], { limits: { maxWordBytes: 2 ** 22 } });
      sessions.push(session);
      const value = 'z'.repeat(length - '=comment='.length);
      const stream = bytesOf([
        ['!re', '.tag=1', `=comment=${value}`],
        ['!done', '.tag=1'],
      ]);
      const reply = session.execute([PRINT]);
      const size = length <= 20_000 ? 1 : 1_448;
      for (let at = 0; at < stream.length; at += size) wire.deliver(stream.subarray(at, at + size));
      const { records } = await reply;
      expect(records).toHaveLength(1);
      expect(records[0]?.['comment'] === value).toBe(true);
    },
  );

  it.each([1, 2, 3, 4, 5])('takes lengths of %d bytes, cut anywhere, though fewer would do', async (size) => {
    const prefix = (length: number): Uint8Array => longPrefix(size, length);
    const words = ['!re', '.tag=1', '=name=ether1'].map((word) =>
      Buffer.concat([prefix(word.length), Buffer.from(word)]),
    );
    const stream = Buffer.concat([...words, Uint8Array.of(0), bytesOf([['!done', '.tag=1']])]);
    for (let offset = 0; offset <= stream.length; offset += 1) {
      const { session, wire } = createMemorySession([PRINT]);
      sessions.push(session);
      const reply = session.execute([PRINT]);
      wire.deliver(stream.subarray(0, offset));
      wire.deliver(stream.subarray(offset));
      expect((await reply).records).toEqual([{ name: 'ether1' }]);
    }
  });

  it.each([0xfffffff, 0x10000000, 0xffffffff])(
    'ends at once, and settles everything, when a word of %d bytes is announced',
    async (length) => {
      const { wire, outcomes } = ask();
      wire.deliver(encodeLength(length));
      expect(await outcomes).toEqual([
        ['ProtocolError'],
        ['ProtocolError'],
        ['AmbiguousWriteError'],
        ['rows', ['ProtocolError']],
      ]);
    },
  );

  it('gives every command its own rows in order, whatever the interleaving, the pieces and the noise', async () => {
    const command = fc.record({ rows: fc.nat({ max: 6 }), trap: fc.boolean(), empty: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
        async (commands, picks, sizes) => {
          const { session, wire } = createMemorySession([PRINT]);
          const outcomes = commands.map(() => session.execute([PRINT]).catch((error: unknown) => error));
          const scripts = commands.map(({ rows, trap, empty }, index) => [
            ...Array.from({ length: rows }, (_, n) => [
              '!re',
              `=row=${index}.${n}`,
              `=pad=${'p'.repeat(n * 50)}`,
            ]),
            ...(empty ? [['!empty']] : []),
            ...(trap ? [['!trap', `=message=${index}`]] : []),
            ['!done', `=ret=${index}`],
          ]);
          const sentences: string[][] = [];
          while (scripts.some((script) => script.length > 0)) {
            const pick = picks.next().value % scripts.length;
            const next = scripts[pick]?.shift();
            if (next) sentences.push([...next, `.tag=${pick + 1}`]);
            if (picks.next().value % 5 === 0) sentences.push(['!re', '.tag=x', '=row=noise']);
          }
          const stream = bytesOf(sentences);
          for (let at = 0, turn = 0; at < stream.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            wire.deliver(stream.subarray(at, at + size));
            at += size;
          }
          const settled = await Promise.all(outcomes);
          await session.close();
          settled.forEach((outcome, index) => {
            if (commands[index]?.trap === true) {
              expect(outcome).toBeInstanceOf(TrapError);
              expect(outcome).toMatchObject({ message: String(index) });
              return;
            }
            const { records, ret } = outcome as Reply;
            expect(ret).toBe(String(index));
            expect(records.map(({ row }) => row)).toEqual(
              Array.from({ length: commands[index]?.rows ?? 0 }, (_, n) => `${index}.${n}`),
            );
          });
        },
      ),
      { numRuns: 100 },
    );
  });

  it('settles everything by an error of this package, whatever bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 120 }), { maxLength: 6 }), async (chunks) => {
        const { session, wire } = createMemorySession([SET, LISTEN]);
        const write = session.execute([SET]).catch((error: unknown) => error);
        const stream = session.stream([LISTEN], { overflow: 'drop-oldest' });
        for (const chunk of chunks) wire.deliver(chunk);
        wire.hangUp();
        expect(await write).toBeInstanceOf(AmbiguousWriteError);
        const next = await stream[Symbol.asyncIterator]()
          .next()
          .catch((error: unknown) => error);
        expect(next).toBeInstanceOf(Error);
      }),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 200) },
    );
  });
});

/** The length in a class of `size` bytes, though a smaller one would do. */
function longPrefix(size: number, length: number): Uint8Array {
  const marker = [0, 0x80, 0xc0, 0xe0, 0xf0][size - 1] ?? 0;
  if (size === 1) return Uint8Array.of(length);
  return Uint8Array.of(marker, ...new Array<number>(size - 2).fill(0), length);
}
