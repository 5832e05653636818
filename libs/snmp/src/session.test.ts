import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import type { SnmpSession, SnmpSessionOptions } from './session.ts';
import { openTableAgent, type TableAgent, type TableRow } from './testing/index.ts';
import { createSnmpTransport } from './transport.ts';
import type { DatagramFault } from './udp-exchange.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function agent(rows: readonly TableRow[] = [], options = {}): Promise<TableAgent> {
  const made = await openTableAgent(rows, options);
  opened.push(made.close);
  return made;
}

function session(
  port: number,
  rest: Partial<SnmpSessionOptions> = {},
  faults: DatagramFault[] = [],
): SnmpSession {
  const transport = createSnmpTransport({ dropped: (fault) => faults.push(fault) });
  opened.push(transport.close);
  return transport.openSession({
    host: '127.0.0.1',
    port,
    access: { community: 'public' },
    timeoutMs: 2_000,
    retries: 0,
    ...rest,
  });
}

const row = (oid: string, tag: number, value: bigint | string): TableRow => ({
  oid,
  tag,
  value: typeof value === 'string' ? Buffer.from(value) : value,
});
const quick = { timeoutMs: 200, retries: 0 };

describe('get', () => {
  it('keeps all 64 bits of a counter, and what is missing apart from zero', async () => {
    const values = [0n, 1n, 127n, 128n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n];
    const { port } = await agent(values.map((value, i) => row(`1.3.6.1.${i + 1}`, 70, value)));
    const answer = await session(port).get([...values.map((_, i) => `1.3.6.1.${i + 1}`), '1.3.6.1.99']);
    expect(
      answer.map(({ value }) =>
        value === undefined ? value : BigInt(Number(value) === value ? value : (value as bigint)),
      ),
    ).toEqual([...values, undefined]);
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
    await expect(session(lossy.port, { timeoutMs: 1_000, retries: 1 }).get(['1.3.6.1.1'])).resolves.toEqual([
      { oid: '1.3.6.1.1', value: 7 },
    ]);
  });
});

describe('an agent that does not answer', () => {
  it.each([
    ['is silent', async () => Object.assign(await agent(), { silent: true }).port, {}],
    ['knows another community', async () => (await agent()).port, { access: { community: 'private' } }],
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
    const client = session(broken.port, { timeoutMs: 1_000, retries: 0 });
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
    await expect(session(broken.port).get(['1.3.6.1.1'])).resolves.toEqual([{ oid: '1.3.6.1.1', value: 7 }]);
  });

  it('says that an answer does not fit', async () => {
    const small = await agent([row('1.3.6.1.1', 4, 'x'.repeat(200))], { maxMessageBytes: 100 });
    await expect(session(small.port).get(['1.3.6.1.1'])).rejects.toMatchObject({ kind: 'too-big' });
  });
});

describe('datagrams that nobody asked for', () => {
  it('are not believed when they come from another address, and the error says where the answer came from', async () => {
    const faults: DatagramFault[] = [];
    const asked = await agent([row('1.3.6.1.1', 65, 7n)]);
    const forger = createSocket('udp4');
    opened.push(() => forger.close());
    let fromPort = 0;
    asked.hear = (port) => (fromPort = port);
    asked.spoil = (answer) => {
      forger.send(answer, fromPort, '127.0.0.1');
      return Buffer.alloc(0);
    };
    await expect(session(asked.port, quick, faults).get(['1.3.6.1.1'])).rejects.toMatchObject({
      kind: 'timeout',
    });
    expect(faults).toContain('wrong-source');
  });

  it('are counted when they come too late', async () => {
    const faults: DatagramFault[] = [];
    const twice = await agent([row('1.3.6.1.1', 65, 7n)]);
    twice.copies = 2;
    await session(twice.port, {}, faults).get(['1.3.6.1.1']);
    await expect.poll(() => faults).toEqual(['late']);
  });
});

describe('a session among many on one socket', () => {
  it('gets the answers to its own questions', async () => {
    const transport = createSnmpTransport();
    opened.push(transport.close);
    const values = [3n, 1n, 4n, 1n, 5n, 9n, 2n, 6n];
    const agents = await Promise.all(values.map((value) => agent([row('1.3.6.1.1', 65, value)])));
    const sessions = agents.map(({ port }) =>
      transport.openSession({
        host: '127.0.0.1',
        port,
        access: { community: 'public' },
        timeoutMs: 2_000,
        retries: 0,
      }),
    );
    const answers = await Promise.all(sessions.map((one) => one.get(['1.3.6.1.1'])));
    expect(answers.map(([answer]) => answer?.value)).toEqual(values.map(Number));
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
