import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemorySession, type MemoryWire } from '../testing/index.ts';
import type { Reply } from './collect-reply.ts';
import { CertificateError, ConnectionLostError, FatalError, RouterosError } from './errors.ts';
import { judgeCertificate } from './certificate.ts';
import { encodeSentence, SentenceDecoder } from './sentence.ts';
import type { RouterosSession, SessionEvent } from './session.ts';

const PRINT = '/interface/print';
const MONITOR = '/interface/monitor-traffic';

/**
 * What public clients of the RouterOS API do wrong: each was seen to crash, hang, or give wrong rows so. The names say
 * the failure; the tests say what happens here instead.
 */
describe('failures of other clients', () => {
  let session: RouterosSession;
  let login: ReturnType<typeof createMemorySession>['login'];
  let wire: MemoryWire;
  let events: SessionEvent[];
  beforeEach(() => {
    events = [];
    ({ session, login, wire } = createMemorySession([PRINT, MONITOR], {
      onEvent: (event) => events.push(event),
    }));
  });
  afterEach(() => session.close());

  const reply = (...sentences: string[][]): Buffer =>
    Buffer.concat(sentences.map((words) => encodeSentence(words)));
  const inPieces = (bytes: Uint8Array, size: number): void => {
    for (let at = 0; at < bytes.length; at += size) wire.deliver(bytes.subarray(at, at + size));
  };
  const oneRow = reply(['!re', '.tag=1', '=name=ether1', '=comment=uplink'], ['!done', '.tag=1']);
  const uplink = { records: [{ name: 'ether1', comment: 'uplink' }] };
  /** A reply of many rows whose words have every length from 1 to 200 bytes. */
  const manyRows = (tag: number): string[][] => [
    ...Array.from({ length: 200 }, (_, n) => [
      '!re',
      `.tag=${tag}`,
      `=of=${tag}`,
      `=n=${n}`,
      `=${'p'.repeat(n)}`,
    ]),
    ['!done', `.tag=${tag}`],
  ];
  const expectManyRows = ({ records }: Reply, tag: number): void =>
    expect(records.map(({ of, n }) => `${of} ${n}`)).toEqual(
      Array.from({ length: 200 }, (_, n) => `${tag} ${n}`),
    );

  describe('replies', () => {
    it('an !empty reply throws inside the socket handler and ends the process', async () => {
      const printing = session.execute([PRINT]);
      wire.deliver(reply(['!empty', '.tag=1'], ['!done', '.tag=1']));
      expect(await printing).toEqual({ records: [] });
    });

    it('an unknown reply word is thrown inside the socket handler', async () => {
      const printing = session.execute([PRINT]);
      wire.say('!later', '.tag=1', '=x=1');
      wire.deliver(oneRow);
      expect(await printing).toEqual(uplink);
      expect(events).toEqual([{ kind: 'unknown-word', word: '!later', command: PRINT }]);
    });

    it('an unknown tag is thrown inside the socket handler', async () => {
      const printing = session.execute([PRINT]);
      wire.say('!re', '.tag=77', '=x=1');
      wire.deliver(oneRow);
      expect(await printing).toEqual(uplink);
      expect(events).toEqual([{ kind: 'unknown-tag', tag: '77', word: '!re' }]);
    });

    it('a value is cut at its second equals sign', async () => {
      const printing = session.execute([PRINT]);
      wire.deliver(reply(['!re', '.tag=1', '=comment=a=b==c'], ['!done', '.tag=1']));
      expect((await printing).records).toEqual([{ comment: 'a=b==c' }]);
    });

    it('a word that begins with an exclamation mark is taken for the end of the sentence', async () => {
      const printing = session.execute([PRINT]);
      wire.deliver(reply(['!re', '.tag=1', '!done', '=comment=!done'], ['!done', '.tag=1']));
      expect((await printing).records).toEqual([{ comment: '!done' }]);
    });

    it('a UTF-8 comment comes back garbled through win1252', async () => {
      const printing = session.execute({ command: PRINT, queries: ['?comment=Łącze — €'] });
      await wire.flush();
      expect(wire.sent[0]).toEqual([PRINT, '?comment=Łącze — €', '.tag=1']);
      wire.deliver(reply(['!re', '.tag=1', '=comment=Łącze — €'], ['!done', '.tag=1']));
      expect((await printing).records).toEqual([{ comment: 'Łącze — €' }]);
    });
  });

  describe('pieces', () => {
    it.each([1, 2, 7, 50])('a reply in chunks of %d bytes hangs', async (size) => {
      const printing = session.execute([PRINT]);
      inPieces(oneRow, size);
      expect(await printing).toEqual(uplink);
    });

    it.each([
      ['2-byte', 200],
      ['3-byte', 20_000],
    ])(
      'a reply split inside a %s length prefix gives a length that is not a number',
      async (_what, length) => {
        const comment = 'c'.repeat(length);
        const bytes = reply(['!re', '.tag=1', `=comment=${comment}`], ['!done', '.tag=1']);
        const prefixAt = bytes.indexOf('=comment=') - 1;
        const printing = session.execute([PRINT]);
        wire.deliver(bytes.subarray(0, prefixAt));
        wire.deliver(bytes.subarray(prefixAt));
        expect((await printing).records).toEqual([{ comment }]);
      },
    );

    it('a segment that ends just before the zero byte of a sentence hangs', async () => {
      const printing = session.execute([PRINT]);
      wire.deliver(oneRow.subarray(0, -1));
      wire.deliver(oneRow.subarray(-1));
      expect(await printing).toEqual(uplink);
    });

    it('the length of a word is forgotten when its bytes come in two segments', async () => {
      const printing = session.execute([PRINT]);
      const middle = oneRow.indexOf('uplink') + 3;
      wire.deliver(oneRow.subarray(0, middle));
      wire.deliver(oneRow.subarray(middle));
      expect(await printing).toEqual(uplink);
    });

    it.each([7, 50, 64])('chunks of %d bytes lose rows, or give wrong ones, in silence', async (size) => {
      const printing = session.execute([PRINT]);
      inPieces(reply(...manyRows(1)), size);
      expectManyRows(await printing, 1);
    });

    it('single bytes keep the decoder busy for ever', () => {
      const decoder = new SentenceDecoder();
      const word = 'w'.repeat(60_000);
      const bytes = encodeSentence([word]);
      const found: string[][] = [];
      for (let at = 0; at < bytes.length; at += 1) found.push(...decoder.push(bytes.subarray(at, at + 1)));
      expect(found).toEqual([[word]]);
    });

    it('a word of 300 bytes hangs even unsplit', async () => {
      const comment = 'c'.repeat(300);
      const printing = session.execute([PRINT]);
      wire.deliver(reply(['!re', '.tag=1', `=comment=${comment}`], ['!done', '.tag=1']));
      expect((await printing).records).toEqual([{ comment }]);
    });

    it('a sent word of 128 bytes and more has a wrong length', async () => {
      const queries = [128, 300, 16_384, 20_000].map((length) => `?comment=${'q'.repeat(length)}`);
      session.execute({ command: PRINT, queries }).catch(() => undefined);
      await wire.flush();
      expect(wire.sent).toEqual([[PRINT, ...queries, '.tag=1']]);
    });
  });

  describe('several commands', () => {
    it('the second of two concurrent commands hangs', async () => {
      const both = [session.execute([PRINT]), session.execute([PRINT])];
      wire.deliver(reply(['!done', '.tag=2', '=ret=b'], ['!done', '.tag=1', '=ret=a']));
      expect((await Promise.all(both)).map(({ ret }) => ret)).toEqual(['a', 'b']);
    });

    it('rows of concurrent commands are mixed', async () => {
      const both = [session.execute([PRINT]), session.execute([PRINT])];
      const [one, two] = [manyRows(1), manyRows(2)];
      inPieces(reply(...one.flatMap((sentence, n) => [sentence, two[n] ?? []])), 64);
      (await Promise.all(both)).forEach((result, index) => expectManyRows(result, index + 1));
    });

    it('parameters of monitor-traffic are sent as queries', async () => {
      const stream = session.stream(
        { command: MONITOR, attributes: { interface: 'ether1,ether2' } },
        { overflow: 'drop-oldest' },
      );
      await wire.flush();
      expect(wire.sent).toEqual([[MONITOR, '=interface=ether1,ether2', '.tag=1']]);
      wire.say('!done', '.tag=1');
      expect(await stream[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
    });

    it('a stream cannot be cancelled', async () => {
      const stream = session.stream([MONITOR], { overflow: 'drop-oldest' });
      const cancelled = stream.cancel();
      await wire.flush();
      expect(wire.sent[1]).toEqual(['/cancel', '=tag=1', '.tag=c2']);
      wire.deliver(reply(['!done', '.tag=c2'], ['!trap', '.tag=1', '=category=2'], ['!done', '.tag=1']));
      await cancelled;
    });
  });

  describe('the end of a connection', () => {
    it('a peer that closes in the middle of a command leaves it hanging', async () => {
      const printing = session.execute([PRINT]);
      wire.deliver(oneRow.subarray(0, 20));
      wire.hangUp();
      await expect(printing).rejects.toBeInstanceOf(ConnectionLostError);
    });

    it('!fatal in the middle of a command leaves it hanging', async () => {
      const printing = session.execute([PRINT]);
      wire.say('!fatal', 'session terminated on request');
      await expect(printing).rejects.toBeInstanceOf(FatalError);
    });

    it('an error is a string, and has no stack', async () => {
      const printing = session.execute([PRINT]);
      wire.say('!trap', '.tag=1', '=message=failure');
      wire.say('!done', '.tag=1');
      const error: unknown = await printing.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(RouterosError);
      expect((error as Error).stack).toContain('failure');
    });
  });

  describe('trust', () => {
    it('any certificate is accepted', () => {
      const presented = { fingerprint: 'AA', authorized: false, problem: 'DEPTH_ZERO_SELF_SIGNED_CERT' };
      expect(() => judgeCertificate({}, presented)).toThrow(CertificateError);
    });

    it('only the login of routers before 6.43 is known', async () => {
      const loggingIn = login({ user: 'fairlead', password: 'p', method: 'plain' });
      await wire.flush();
      expect(wire.sent).toEqual([['/login', '=name=fairlead', '=password=p']]);
      wire.say('!done');
      await loggingIn;
    });
  });
});
