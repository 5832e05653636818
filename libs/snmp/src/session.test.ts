import { afterEach, describe, expect, it } from 'vitest';
import { createSnmpSession, type SnmpSession, type SnmpSessionOptions } from './session.ts';
import { openTableAgent, type TableAgent, type TableRow } from './testing/index.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function agent(rows: readonly TableRow[] = [], options = {}): Promise<TableAgent> {
  const made = await openTableAgent(rows, options);
  opened.push(made.close);
  return made;
}

function session(port: number, rest: Partial<SnmpSessionOptions> = {}): SnmpSession {
  const made = createSnmpSession({
    host: '127.0.0.1',
    port,
    community: 'public',
    timeoutMs: 2_000,
    retries: 0,
    maxRepetitions: 10,
    ...rest,
  });
  opened.push(made.close);
  return made;
}

const row = (oid: string, tag: number, value: bigint | string): TableRow => ({
  oid,
  tag,
  value: typeof value === 'string' ? Buffer.from(value) : value,
});
const column = (rows: number): TableRow[] =>
  Array.from({ length: rows }, (_, i) => row(`1.3.6.1.2.${i + 1}`, 65, BigInt(i)));
const quick = { timeoutMs: 50, retries: 0 };

describe('get', () => {
  it('keeps all 64 bits of a counter, and what is missing apart from zero', async () => {
    const values = [0n, 1n, 127n, 128n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n];
    const { port } = await agent(values.map((value, i) => row(`1.3.6.1.${i + 1}`, 70, value)));
    const answer = await session(port).get([...values.map((_, i) => `1.3.6.1.${i + 1}`), '1.3.6.1.99']);
    expect(answer.map(({ value }) => value)).toEqual([...values, undefined]);
  });

  it('reads numbers, texts and an index beyond 2^31', async () => {
    const { port } = await agent([
      row('1.3.6.1.1', 2, -5n),
      row('1.3.6.1.2.4026531841', 66, 2n ** 32n - 1n),
      row('1.3.6.1.3', 4, 'ether1'),
    ]);
    const answer = await session(port).get(['1.3.6.1.1', '1.3.6.1.2.4026531841', '1.3.6.1.3']);
    expect(answer.map(({ value }) => value)).toEqual([-5, 4_294_967_295, Buffer.from('ether1')]);
  });

  it('asks again when an answer is lost', async () => {
    const lossy = await agent([row('1.3.6.1.1', 65, 7n)]);
    lossy.spoil = (answer) => (lossy.requests.length === 1 ? Buffer.from('lost') : answer);
    await expect(session(lossy.port, { timeoutMs: 100, retries: 1 }).get(['1.3.6.1.1'])).resolves.toEqual([
      { oid: '1.3.6.1.1', value: 7 },
    ]);
  });
});

describe('walk', () => {
  it('reads a column over several answers and stops at its end', async () => {
    const { port, requests } = await agent([...column(25), row('1.3.6.1.3.1', 65, 99n)]);
    const rows = await session(port).walk('1.3.6.1.2');
    expect(rows.map(({ value }) => value)).toEqual(column(25).map((entry) => Number(entry.value)));
    expect(requests).toHaveLength(3);
  });

  it('ends where the MIB ends', async () => {
    const { port } = await agent(column(3));
    expect(await session(port).walk('1.3.6.1.2')).toHaveLength(3);
    expect(await session(port).walk('1.3.6.1.9')).toEqual([]);
  });

  it('goes on from an answer that the agent had to cut', async () => {
    const { port } = await agent(column(50), { maxMessageBytes: 120 });
    expect(await session(port).walk('1.3.6.1.2')).toHaveLength(50);
  });

  it('is bounded', async () => {
    const { port } = await agent(column(30));
    await expect(session(port).walk('1.3.6.1.2', 20)).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('does not run in circles with an agent that goes back', async () => {
    const circling = await agent(column(3));
    // The object identifiers of the first and the third row, as they stand in the answer.
    const [first, third] = ['\x2b\x06\x01\x02\x01', '\x2b\x06\x01\x02\x03'];
    circling.spoil = (answer) => Buffer.from(answer.toString('latin1').replaceAll(third, first), 'latin1');
    await expect(session(circling.port, { maxRepetitions: 2 }).walk('1.3.6.1.2')).rejects.toThrow(
      '1.3.6.1.2.1 does not follow 1.3.6.1.2.2',
    );
  });
});

describe('an agent that does not answer', () => {
  it.each([
    ['is silent', async () => Object.assign(await agent(), { silent: true }).port, {}],
    ['knows another community', async () => (await agent()).port, { community: 'private' }],
    [
      'is not there',
      async () => {
        const gone = await openTableAgent([]);
        await gone.close();
        return gone.port;
      },
      {},
    ],
  ])('is a timeout when it %s', async (_, port, rest) => {
    await expect(session(await port(), { ...quick, ...rest }).get(['1.3.6.1.1'])).rejects.toMatchObject({
      name: 'SnmpError',
      kind: 'timeout',
    });
  });

  it('is unreachable when its name is not known', async () => {
    const nowhere = session(161, { host: 'no-such-host.invalid' });
    await expect(nowhere.get(['1.3.6.1.1'])).rejects.toMatchObject({
      kind: expect.stringMatching(/^(unreachable|timeout)$/) as unknown,
    });
  });
});

describe('an agent that answers badly', () => {
  it.each([
    ['noise', () => Buffer.from([1, 2, 3])],
    ['nothing', () => Buffer.alloc(0)],
    ['half an answer', (answer: Buffer) => answer.subarray(0, answer.length / 2)],
    ['an answer to another question', (answer: Buffer) => Buffer.from(answer.map((byte) => byte ^ 0x10))],
  ])('is malformed or ignored when it sends %s, and the session goes on', async (_, spoil) => {
    const broken = await agent([row('1.3.6.1.1', 65, 7n)]);
    broken.spoil = spoil;
    const client = session(broken.port, quick);
    await expect(client.get(['1.3.6.1.1'])).rejects.toMatchObject({ name: 'SnmpError' });
    broken.spoil = undefined;
    await expect(client.get(['1.3.6.1.1'])).resolves.toEqual([{ oid: '1.3.6.1.1', value: 7 }]);
  });

  it('survives whatever single byte of an answer is wrong', async () => {
    const broken = await agent([row('1.3.6.1.1', 70, 7n)]);
    const client = session(broken.port, { ...quick, timeoutMs: 5 });
    const length = 45;
    for (let at = 0; at < length; at += 1) {
      broken.spoil = (answer) => Buffer.from(answer.map((byte, i) => (i === at ? byte ^ 0xff : byte)));
      await client
        .get(['1.3.6.1.1'])
        .catch((error: unknown) => expect(error).toMatchObject({ name: 'SnmpError' }));
    }
    broken.spoil = undefined;
    await expect(session(broken.port).get(['1.3.6.1.1'])).resolves.toEqual([{ oid: '1.3.6.1.1', value: 7n }]);
  });

  it('says that an answer does not fit', async () => {
    const small = await agent([row('1.3.6.1.1', 4, 'x'.repeat(200))], { maxMessageBytes: 100 });
    await expect(session(small.port).get(['1.3.6.1.1'])).rejects.toMatchObject({ kind: 'too-big' });
  });
});

describe('close', () => {
  it('ends what is under way, and what comes after', async () => {
    const silent = Object.assign(await agent(), { silent: true });
    const client = session(silent.port);
    const pending = client.get(['1.3.6.1.1']);
    const ended = expect(pending).rejects.toMatchObject({ kind: 'closed' });
    await expect.poll(() => silent.requests.length).toBe(1);
    client.close();
    client.close();
    await ended;
    await expect(client.get(['1.3.6.1.1'])).rejects.toMatchObject({ kind: 'closed' });
  });
});
