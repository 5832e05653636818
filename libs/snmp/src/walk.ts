import type { AdaptiveSize } from './adaptive-size.ts';
import { SnmpError } from './errors.ts';
import { compareOids, isUnder, type Oid } from './oid.ts';
import type { SnmpSession } from './session.ts';
import type { SnmpValue, VarBind } from './var-bind.ts';

/**
 * What an agent does that it should not: a walk that goes back (`not-increasing`), one that does not end (`too-many-rows`),
 * a value of another type than its column (`wrong-type`).
 */
export type AgentFault = 'not-increasing' | 'too-many-rows' | 'wrong-type';

export interface WalkOptions {
  /** Values asked for at once, for this agent. */
  readonly repetitions: AdaptiveSize;
  /** Time left for the whole walk, in ms. */
  remainingMs(): number;
  onFault?(fault: AgentFault): void;
  readonly maxRows?: number;
}

/** The rows of some columns of a table: index (the arcs after the column) to values by column. */
export type TableRows<C extends string> = ReadonlyMap<string, Readonly<Partial<Record<C, SnmpValue>>>>;

const MAX_ROWS = 10_000;
/** So that one row is well within one answer. */
const MAX_COLUMNS_AT_ONCE = 12;

/**
 * Reads columns of a table side by side by GETBULK. What an agent sends twice, in the wrong order or without an end is cut
 * off there and reported; the rows before it stand.
 * @throws SnmpError when the agent does not answer
 */
export async function walkTable<C extends string>(
  session: SnmpSession,
  columns: Readonly<Record<C, Oid>>,
  options: WalkOptions,
): Promise<TableRows<C>> {
  const rows = new Map<string, Partial<Record<C, SnmpValue>>>();
  const names = Object.keys(columns) as C[];
  for (let at = 0; at < names.length; at += MAX_COLUMNS_AT_ONCE) {
    await walkColumns(session, columns, names.slice(at, at + MAX_COLUMNS_AT_ONCE), rows, options);
  }
  return rows;
}

interface Cursor<C> {
  readonly name: C;
  readonly column: Oid;
  last: Oid;
}

async function walkColumns<C extends string>(
  session: SnmpSession,
  columns: Readonly<Record<C, Oid>>,
  names: readonly C[],
  rows: Map<string, Partial<Record<C, SnmpValue>>>,
  { repetitions, remainingMs, onFault, maxRows = MAX_ROWS }: WalkOptions,
): Promise<void> {
  let open: Cursor<C>[] = names.map((name) => ({ name, column: columns[name], last: columns[name] }));
  let hasAnswered = false;
  while (open.length > 0) {
    const asked = open.slice(0, repetitions.current);
    const size = Math.floor(repetitions.current / asked.length);
    const bindings = await getBulk(session, asked, size, { repetitions, remainingMs, hasAnswered });
    if (!bindings) continue;
    hasAnswered = true;
    const ended = new Set(bindings.length === 0 ? asked : []);
    for (const [place, { oid, value }] of bindings.entries()) {
      const cursor = asked[place % asked.length];
      if (!cursor || ended.has(cursor)) continue;
      if (value === undefined || !isUnder(cursor.column, oid)) {
        ended.add(cursor);
        continue;
      }
      const index = oid.slice(cursor.column.length + 1);
      const goesBack = compareOids(oid, cursor.last) <= 0;
      if (goesBack || (rows.size >= maxRows && !rows.has(index))) {
        onFault?.(goesBack ? 'not-increasing' : 'too-many-rows');
        ended.add(cursor);
        continue;
      }
      cursor.last = oid;
      const row: Partial<Record<C, SnmpValue>> = rows.get(index) ?? {};
      row[cursor.name] = value;
      rows.set(index, row);
    }
    open = open.filter((cursor) => !ended.has(cursor));
  }
}

/** One page; undefined when it was too much and less is to be asked for. */
async function getBulk<C>(
  session: SnmpSession,
  open: readonly Cursor<C>[],
  size: number,
  {
    repetitions,
    remainingMs,
    hasAnswered,
  }: Pick<WalkOptions, 'repetitions' | 'remainingMs'> & { readonly hasAnswered: boolean },
): Promise<readonly VarBind[] | undefined> {
  const withinMs = remainingMs();
  if (withinMs <= 0) throw new SnmpError('timeout', 'the walk took longer than it may');
  try {
    const after = open.map(({ last }) => last);
    const bindings = await session.getBulk(after, { maxRepetitions: size, withinMs });
    const isFull = bindings.length >= size * open.length;
    const isEnd = bindings.at(-1)?.value === undefined;
    if (isFull || !isEnd) repetitions.answered(isFull ? repetitions.current : bindings.length);
    return bindings;
  } catch (error) {
    const isTooBig = error instanceof SnmpError && error.kind === 'too-big';
    const isTimeout = error instanceof SnmpError && error.kind === 'timeout';
    const hasLess = (isTooBig || isTimeout) && repetitions.failed();
    // An agent that has not answered at all may be down: the next walk begins with less.
    if (hasLess && (isTooBig || hasAnswered) && remainingMs() > 0) return undefined;
    throw error;
  }
}
