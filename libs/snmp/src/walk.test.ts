import { until } from '@fairlead/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createAdaptiveSize } from './adaptive-size.ts';
import type { SnmpSession } from './session.ts';
import { openTableAgent, type TableAgent, type TableRow } from './testing/index.ts';
import { createSnmpTransport } from './transport.ts';
import { type AgentFault, walkTable } from './walk.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function agent(rows: readonly TableRow[], options = {}): Promise<TableAgent> {
  const made = await openTableAgent(rows, options);
  opened.push(made.close);
  return made;
}

function session(port: number, timeoutMs = 2_000): SnmpSession {
  const transport = createSnmpTransport();
  opened.push(transport.close);
  return transport.openSession({
    host: '127.0.0.1',
    port,
    access: { community: 'public' },
    timeoutMs,
    retries: 0,
  });
}

const COLUMN = '1.3.6.1.2.1';
const OTHER = '1.3.6.1.2.2';
const rowsOf = (column: string, count: number, step = 1): TableRow[] =>
  Array.from({ length: count }, (_, i) => ({
    oid: `${column}.${(i + 1) * step}`,
    tag: 65,
    value: BigInt(i),
  }));

function options(first = 10) {
  const faults: AgentFault[] = [];
  const repetitions = createAdaptiveSize({ first, max: 40 });
  return {
    repetitions,
    faults,
    remainingMs: () => 5_000,
    onFault: (fault: AgentFault) => faults.push(fault),
  };
}

describe('walkTable', () => {
  it('reads columns side by side and asks for more while all of it comes', async () => {
    const { port, requests } = await agent([...rowsOf(COLUMN, 60), ...rowsOf(OTHER, 60)]);
    const given = options();
    const rows = await walkTable(session(port), { a: COLUMN, b: OTHER }, given);
    expect(rows.size).toBe(60);
    expect([...rows.values()].every(({ a, b }) => a !== undefined && a === b)).toBe(true);
    expect(given.repetitions.current).toBe(40);
    expect(requests.length).toBeLessThan(8);
  });

  it('keeps a sparse column apart from its neighbour', async () => {
    const { port } = await agent([...rowsOf(COLUMN, 30), ...rowsOf(OTHER, 10, 3)]);
    const rows = await walkTable(session(port), { a: COLUMN, b: OTHER }, options());
    expect([...rows].filter(([, { b }]) => b !== undefined).map(([index]) => Number(index))).toEqual(
      Array.from({ length: 10 }, (_, i) => (i + 1) * 3),
    );
  });

  it('takes what the agent cuts for what fits', async () => {
    const { port } = await agent(rowsOf(COLUMN, 50), { maxMessageBytes: 120 });
    const given = options();
    expect((await walkTable(session(port), { a: COLUMN }, given)).size).toBe(50);
    expect(given.repetitions.current).toBeLessThan(10);
  });

  it('asks for half when a large answer does not come', async () => {
    const deaf = await agent(rowsOf(COLUMN, 20));
    deaf.spoil = (answer) => (answer.length > 100 ? Buffer.alloc(0) : answer);
    const given = options();
    const client = session(deaf.port, 100);
    await expect(walkTable(client, { a: COLUMN }, given)).rejects.toMatchObject({ kind: 'timeout' });
    expect(given.repetitions.current).toBe(5);
    const rows = await until('a walk that fits', () =>
      walkTable(client, { a: COLUMN }, given).catch(() => undefined),
    );
    expect(rows.size).toBe(20);
    expect(given.repetitions.current).toBeLessThan(10);
  });

  it('ends where the MIB ends, and where there is no such table', async () => {
    const { port } = await agent(rowsOf(COLUMN, 3));
    expect((await walkTable(session(port), { a: COLUMN, b: '1.3.6.1.9' }, options())).size).toBe(3);
    expect((await walkTable(session(port), { a: '1.3.6.1.9' }, options())).size).toBe(0);
  });

  it('cuts off a table without an end, and says so', async () => {
    const { port } = await agent(rowsOf(COLUMN, 300));
    const given = options();
    expect((await walkTable(session(port), { a: COLUMN }, { ...given, maxRows: 100 })).size).toBe(100);
    expect(given.faults).toEqual(['too-many-rows']);
  });

  it('does not run in circles with an agent that goes back', async () => {
    const circling = await agent(rowsOf(COLUMN, 3));
    // The object identifiers of the first and the third row, as they stand in the answer.
    const [first, third] = ['\x2b\x06\x01\x02\x01\x01', '\x2b\x06\x01\x02\x01\x03'];
    circling.spoil = (answer) => Buffer.from(answer.toString('latin1').replaceAll(third, first), 'latin1');
    const given = options(2);
    expect((await walkTable(session(circling.port), { a: COLUMN }, given)).size).toBe(2);
    expect(given.faults).toEqual(['not-increasing']);
  });

  it('gives up when its time is over', async () => {
    const { port } = await agent(rowsOf(COLUMN, 10));
    const given = { ...options(), remainingMs: () => 0 };
    await expect(walkTable(session(port), { a: COLUMN }, given)).rejects.toMatchObject({ kind: 'timeout' });
  });
});
