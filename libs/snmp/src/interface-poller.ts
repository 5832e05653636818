import type { Clock } from '@fairlead/model';
import { type AdaptiveSize, createAdaptiveSize } from './adaptive-size.ts';
import { encodeArcs } from './ber-writer.ts';
import { SnmpError } from './errors.ts';
import { allColumns, type InterfaceColumn, interfaceColumns, usefulColumns } from './interface-columns.ts';
import { type ColumnValues, type InterfaceReading, toReading } from './interface-reading.ts';
import type { Oid } from './oid.ts';
import type { SnmpSession } from './session.ts';
import { withoutStuckCounters } from './stuck-counters.ts';
import { readText } from './text.ts';
import type { SnmpValue } from './var-bind.ts';
import { type AgentFault, walkTable } from './walk.ts';

/** The interfaces that were read in one exchange, with the agent's clock at that moment. */
export interface InterfacePoll {
  /** When the answer arrived, Unix milliseconds. */
  readonly timeMs: number;
  /** sysUpTime, which starts again after 497 days. RouterOS counts it in whole seconds. */
  readonly sysUpTimeMs: number | undefined;
  /** snmpEngineBoots: how often the agent has started (RFC 3411 section 5). */
  readonly engineBoots: number | undefined;
  /** snmpEngineTime, which does not start again for 68 years. */
  readonly engineTimeMs: number | undefined;
  readonly interfaces: readonly InterfaceReading[];
}

export interface InterfacePollerOptions {
  readonly clock: Clock;
  /** Names to read; all interfaces unless given. */
  readonly wanted?: readonly string[];
  /** Values asked for at once in a walk, shared with whatever else asks this agent. */
  readonly repetitions?: AdaptiveSize;
  onFault?(fault: AgentFault): void;
}

export interface InterfacePoller {
  /**
   * Reads every wanted interface once: one exchange for each three or so of them.
   * @param withinMs time for all exchanges
   * @throws SnmpError
   */
  poll(withinMs?: number): Promise<readonly InterfacePoll[]>;
}

const scalars = {
  sysUpTime: '1.3.6.1.2.1.1.3.0',
  engineBoots: '1.3.6.1.6.3.10.2.1.2.0',
  engineTime: '1.3.6.1.6.3.10.2.1.3.0',
} as const satisfies Record<string, Oid>;

/** Interfaces asked for at once, until it is known what they take. */
const FIRST_INTERFACES_PER_EXCHANGE = 2;
const MAX_INTERFACES_PER_EXCHANGE = 16;
/** What fits one unfragmented datagram, less its head. */
const MAX_ANSWER_BYTES = 1_400;
/** How often an interface that is not there is looked for. */
const LOOK_AGAIN_MS = 30_000;
/** How often columns that were absent are asked for again. */
const LEARN_AGAIN_MS = 600_000;
const DEFAULT_WITHIN_MS = 30_000;
const DEFAULT_REPETITIONS = 20;

interface Known {
  readonly ifIndex: number;
  readonly name: string;
  readonly nameColumn: 'ifName' | 'ifDescr';
  /** Columns that the agent has of it; undefined until it has answered once. */
  columns: readonly InterfaceColumn[] | undefined;
}

/** One GET: the same list of OIDs each time, so that it is encoded once. */
interface Exchange {
  readonly withEngine: boolean;
  readonly some: readonly { readonly entry: Known; readonly columns: readonly InterfaceColumn[] }[];
  readonly oids: readonly Oid[];
}

/**
 * Polls interfaces by name. Their indexes are found once by a walk over the names, and what columns the agent has of each
 * by asking for all of them once; after that a poll is plain GETs of known instances. The name is part of every GET, so an
 * index that now means another interface (a reboot, a dynamic interface) is noticed before its counters are believed.
 */
export function createInterfacePoller(
  session: SnmpSession,
  { clock, wanted, onFault, ...options }: InterfacePollerOptions,
): InterfacePoller {
  const repetitions =
    options.repetitions ?? createAdaptiveSize({ first: DEFAULT_REPETITIONS, max: DEFAULT_REPETITIONS });
  const perExchange = createAdaptiveSize({
    first: FIRST_INTERFACES_PER_EXCHANGE,
    max: MAX_INTERFACES_PER_EXCHANGE,
  });
  let known: readonly Known[] = [];
  let plan: readonly Exchange[] = [];
  /** Interfaces in one exchange of the plan. */
  let planned = 0;
  let bytesPerInterface = MAX_ANSWER_BYTES / FIRST_INTERFACES_PER_EXCHANGE;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let learnedAtMs = Number.NEGATIVE_INFINITY;
  let hasEngine = true;

  async function findInterfaces(remainingMs: () => number): Promise<void> {
    const walk = { repetitions, remainingMs, ...(onFault && { onFault }) };
    const namesOf = async (column: 'ifName' | 'ifDescr'): Promise<Known[]> => {
      const rows = await walkTable(session, { name: interfaceColumns[column] }, walk);
      return [...rows].flatMap(([index, row]) => {
        const [ifIndex, name] = [Number(index), readText(row.name) ?? ''];
        return name === '' || !Number.isSafeInteger(ifIndex)
          ? []
          : [{ ifIndex, name, nameColumn: column, columns: undefined }];
      });
    };
    const isWanted = ({ name }: Known): boolean => wanted?.includes(name) ?? true;
    const found = new Map((await namesOf('ifName')).map((entry) => [entry.ifIndex, entry]));
    const isMissing =
      wanted?.some((name) => ![...found.values()].some((entry) => entry.name === name)) ?? true;
    if (isMissing) {
      for (const entry of await namesOf('ifDescr')) {
        if (!found.has(entry.ifIndex)) found.set(entry.ifIndex, entry);
      }
    }
    known = [...found.values()].filter(isWanted).sort((a, b) => a.ifIndex - b.ifIndex);
    lookedAtMs = clock.monotonicMs();
    learnedAtMs = lookedAtMs;
    hasEngine = true;
    makePlan();
  }

  const fittingSize = (): number =>
    Math.min(perExchange.current, Math.max(1, Math.floor(MAX_ANSWER_BYTES / bytesPerInterface)));

  function makePlan(): void {
    const size = fittingSize();
    planned = size;
    const head = hasEngine ? Object.values(scalars) : [scalars.sysUpTime];
    const exchanges: Exchange[] = [];
    for (let at = 0; at < known.length; at += size) {
      const some = known
        .slice(at, at + size)
        .map((entry) => ({ entry, columns: entry.columns ?? allColumns }));
      const oids = some.flatMap(({ entry, columns }) =>
        columns.map((column) => `${interfaceColumns[column]}.${entry.ifIndex}`),
      );
      exchanges.push({ withEngine: hasEngine, some, oids: [...head, ...oids] });
    }
    plan = exchanges;
  }

  async function read({ withEngine, some, oids }: Exchange, withinMs: number): Promise<InterfacePoll> {
    const bindings = await session.get(oids, { withinMs });
    let at = 0;
    const next = (): SnmpValue | undefined => bindings[at++]?.value;
    const upTime = next();
    const boots = withEngine ? next() : undefined;
    const engineTime = withEngine ? next() : undefined;
    if (boots === undefined && engineTime === undefined) hasEngine = false;
    const interfaces: InterfaceReading[] = [];
    for (const { entry, columns } of some) {
      const answered: Partial<Record<InterfaceColumn, SnmpValue>> = {};
      for (const column of columns) {
        const value = next();
        if (value !== undefined) answered[column] = value;
      }
      // Only the first answer has both columns to compare.
      const values = entry.columns ? answered : withoutStuckCounters(answered);
      const reading = toReading(entry.ifIndex, values, () => onFault?.('wrong-type'));
      if (reading.name !== entry.name) continue;
      if (!entry.columns) learn(entry, values);
      interfaces.push(reading);
    }
    return {
      timeMs: clock.nowMs(),
      sysUpTimeMs: typeof upTime === 'number' ? upTime * 10 : undefined,
      engineBoots: typeof boots === 'number' ? boots : undefined,
      engineTimeMs: typeof engineTime === 'number' ? engineTime * 1_000 : undefined,
      interfaces,
    };
  }

  function learn(entry: Known, values: ColumnValues): void {
    entry.columns = usefulColumns(new Set(Object.keys(values) as InterfaceColumn[]), entry.nameColumn);
    const bytes = entry.columns.reduce(
      (sum, column) => sum + answerBytes(column, entry.ifIndex, values[column]),
      0,
    );
    bytesPerInterface = Math.max(bytes, entry === known[0] ? 1 : bytesPerInterface);
  }

  async function readAll(
    remainingMs: () => number,
  ): Promise<{ readonly polls: InterfacePoll[]; readonly isComplete: boolean }> {
    const polls: InterfacePoll[] = [];
    const hadEngine = hasEngine;
    const wasLearning = known.some(({ columns }) => !columns);
    for (let at = 0; at < plan.length;) {
      const exchange = plan[at];
      if (!exchange) break;
      try {
        polls.push(await read(exchange, Math.max(1, remainingMs())));
        at += 1;
      } catch (error) {
        const isTooMuch =
          error instanceof SnmpError && (error.kind === 'too-big' || error.kind === 'timeout');
        const hasLess = isTooMuch && exchange.some.length > 1 && perExchange.failed();
        if (hasLess) makePlan();
        if (!hasLess || !(error instanceof SnmpError) || error.kind === 'timeout') throw error;
        polls.length = 0;
        at = 0;
      }
    }
    perExchange.answered(perExchange.current);
    if (wasLearning || planned !== fittingSize() || hadEngine !== hasEngine) makePlan();
    const readings = polls.reduce((sum, poll) => sum + poll.interfaces.length, 0);
    return { polls, isComplete: readings === known.length };
  }

  return {
    async poll(withinMs = DEFAULT_WITHIN_MS) {
      const endsAtMs = clock.monotonicMs() + withinMs;
      const remainingMs = (): number => endsAtMs - clock.monotonicMs();
      const nowMs = clock.monotonicMs();
      const mayHaveMore = wanted === undefined || known.length < wanted.length;
      if (mayHaveMore && nowMs - lookedAtMs >= LOOK_AGAIN_MS) await findInterfaces(remainingMs);
      else if (nowMs - learnedAtMs >= LEARN_AGAIN_MS) {
        for (const entry of known) entry.columns = undefined;
        learnedAtMs = nowMs;
        hasEngine = true;
        bytesPerInterface = MAX_ANSWER_BYTES / FIRST_INTERFACES_PER_EXCHANGE;
        makePlan();
      }
      const first = await readAll(remainingMs);
      if (first.isComplete) return first.polls;
      await findInterfaces(remainingMs);
      return (await readAll(remainingMs)).polls;
    },
  };
}

/** Bytes of one binding in an answer, with a counter as large as it can become. */
function answerBytes(column: InterfaceColumn, ifIndex: number, value: SnmpValue | undefined): number {
  const oidBytes = encodeArcs(`${interfaceColumns[column]}.${ifIndex}`).length;
  const wide = column.startsWith('ifHC') ? 8 : 5;
  return 4 + oidBytes + 2 + (value instanceof Uint8Array ? value.length : wide);
}
