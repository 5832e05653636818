import type { Clock } from '@fairlead/model';
import { SnmpError } from './errors.ts';
import type { Oid } from './oid.ts';
import type { SnmpSession } from './session.ts';
import type { SnmpValue, VarBind } from './var-bind.ts';

/** What one interface reported. What the agent has not is undefined, never 0. */
export interface InterfaceReading {
  readonly ifIndex: number;
  /** ifName. */
  readonly name: string;
  /** ifHCInOctets and ifHCOutOctets: 64 bits, from the router's view. */
  readonly rxBytes: bigint | undefined;
  readonly txBytes: bigint | undefined;
  /** Unicast, multicast and broadcast together. */
  readonly rxPackets: bigint | undefined;
  readonly txPackets: bigint | undefined;
  /** ifInErrors and so on: 32 bits. */
  readonly rxErrors: bigint | undefined;
  readonly txErrors: bigint | undefined;
  readonly rxDrops: bigint | undefined;
  readonly txDrops: bigint | undefined;
  /** ifOperStatus is up; undefined when the agent says `unknown`. */
  readonly running: boolean | undefined;
  /** ifHighSpeed in bits per second; undefined when it is 0, which agents report for what has no speed. */
  readonly speedBps: bigint | undefined;
  /** ifAlias; undefined when it is empty. */
  readonly alias: string | undefined;
}

/** The interfaces that were read in one exchange, with the agent's clock at that moment. */
export interface InterfacePoll {
  /** When the answer arrived, Unix milliseconds. */
  readonly timeMs: number;
  /** sysUpTime, which starts again after 497 days. RouterOS counts it in whole seconds. */
  readonly sysUpTimeMs: number | undefined;
  readonly interfaces: readonly InterfaceReading[];
}

export interface InterfacePoller {
  /**
   * Reads every wanted interface once: one exchange for each three of them.
   * @throws SnmpError
   */
  poll(): Promise<readonly InterfacePoll[]>;
}

const SYS_UP_TIME = '1.3.6.1.2.1.1.3.0';
const IF_TABLE = '1.3.6.1.2.1.2.2.1';
const IF_X_TABLE = '1.3.6.1.2.1.31.1.1.1';
const IF_NAME = `${IF_X_TABLE}.1`;

/** IF-MIB (RFC 2863). */
const columns = {
  ifName: IF_NAME,
  ifHCInOctets: `${IF_X_TABLE}.6`,
  ifHCOutOctets: `${IF_X_TABLE}.10`,
  ifOperStatus: `${IF_TABLE}.8`,
  ifHighSpeed: `${IF_X_TABLE}.15`,
  ifAlias: `${IF_X_TABLE}.18`,
  ifHCInUcastPkts: `${IF_X_TABLE}.7`,
  ifHCInMulticastPkts: `${IF_X_TABLE}.8`,
  ifHCInBroadcastPkts: `${IF_X_TABLE}.9`,
  ifHCOutUcastPkts: `${IF_X_TABLE}.11`,
  ifHCOutMulticastPkts: `${IF_X_TABLE}.12`,
  ifHCOutBroadcastPkts: `${IF_X_TABLE}.13`,
  ifInErrors: `${IF_TABLE}.14`,
  ifOutErrors: `${IF_TABLE}.20`,
  ifInDiscards: `${IF_TABLE}.13`,
  ifOutDiscards: `${IF_TABLE}.19`,
} as const satisfies Record<string, Oid>;

/** 3 x 16 values of about 25 bytes stay below the 1472 bytes of one unfragmented datagram. */
const INTERFACES_PER_EXCHANGE = 3;
/** How often an interface that is not there is looked for. */
const LOOK_AGAIN_MS = 30_000;

/**
 * Polls interfaces by name. Their indexes are found once by a walk over ifName; after that a poll is plain GETs of known
 * instances. ifName is part of every GET, so an index that now means another interface (a reboot, a dynamic interface)
 * is noticed before its counters are believed.
 *
 * @param wanted names to read; all interfaces unless given
 */
export function createInterfacePoller(
  session: SnmpSession,
  { clock, wanted }: { readonly clock: Clock; readonly wanted?: readonly string[] },
): InterfacePoller {
  let names: ReadonlyMap<number, string> = new Map();
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let perExchange = INTERFACES_PER_EXCHANGE;

  async function findIndexes(): Promise<void> {
    const rows = await session.walk(IF_NAME);
    const found = rows.map((row): [number, string] => [indexOf(row.oid), text(row.value) ?? '']);
    names = new Map(wanted ? found.filter(([, name]) => wanted.includes(name)) : found);
    lookedAtMs = clock.monotonicMs();
  }

  async function readSome(indexes: readonly number[]): Promise<InterfacePoll> {
    const oids = indexes.flatMap((index) => Object.values(columns).map((column) => `${column}.${index}`));
    const bindings = await session.get([SYS_UP_TIME, ...oids]);
    const values = new Map(bindings.map((binding: VarBind) => [binding.oid, binding.value]));
    const upTime = values.get(SYS_UP_TIME);
    return {
      timeMs: clock.nowMs(),
      sysUpTimeMs: typeof upTime === 'number' ? upTime * 10 : undefined,
      interfaces: indexes.flatMap((index) => {
        const reading = toReading(index, (column) => values.get(`${columns[column]}.${index}`));
        return reading.name === names.get(index) ? [reading] : [];
      }),
    };
  }

  async function readAll(): Promise<{ readonly polls: InterfacePoll[]; readonly isComplete: boolean }> {
    const indexes = [...names.keys()];
    const polls: InterfacePoll[] = [];
    let at = 0;
    while (at < indexes.length) {
      const some = indexes.slice(at, at + perExchange);
      try {
        polls.push(await readSome(some));
        at += some.length;
      } catch (error) {
        if (!(error instanceof SnmpError) || error.kind !== 'too-big' || perExchange === 1) throw error;
        perExchange = Math.ceil(perExchange / 2);
      }
    }
    const read = polls.reduce((sum, poll) => sum + poll.interfaces.length, 0);
    return { polls, isComplete: read === indexes.length };
  }

  return {
    async poll() {
      const mayHaveMore = wanted === undefined || names.size < wanted.length;
      if (mayHaveMore && clock.monotonicMs() - lookedAtMs >= LOOK_AGAIN_MS) await findIndexes();
      const first = await readAll();
      if (first.isComplete) return first.polls;
      await findIndexes();
      return (await readAll()).polls;
    },
  };
}

function toReading(
  ifIndex: number,
  value: (column: keyof typeof columns) => SnmpValue | undefined,
): InterfaceReading {
  const megabits = counter(value('ifHighSpeed')) ?? 0n;
  const packets = (direction: 'In' | 'Out'): bigint | undefined => {
    const unicast = counter(value(`ifHC${direction}UcastPkts`));
    if (unicast === undefined) return undefined;
    const multicast = counter(value(`ifHC${direction}MulticastPkts`)) ?? 0n;
    return unicast + multicast + (counter(value(`ifHC${direction}BroadcastPkts`)) ?? 0n);
  };
  return {
    ifIndex,
    name: text(value('ifName')) ?? '',
    rxBytes: counter(value('ifHCInOctets')),
    txBytes: counter(value('ifHCOutOctets')),
    rxPackets: packets('In'),
    txPackets: packets('Out'),
    rxErrors: counter(value('ifInErrors')),
    txErrors: counter(value('ifOutErrors')),
    rxDrops: counter(value('ifInDiscards')),
    txDrops: counter(value('ifOutDiscards')),
    running: isRunning(value('ifOperStatus')),
    speedBps: megabits === 0n ? undefined : megabits * 1_000_000n,
    alias: text(value('ifAlias')) || undefined,
  };
}

const OPER_STATUS_UP = 1;
const OPER_STATUS_UNKNOWN = 4;

function isRunning(value: SnmpValue | undefined): boolean | undefined {
  return typeof value === 'number' && value !== OPER_STATUS_UNKNOWN ? value === OPER_STATUS_UP : undefined;
}

function counter(value: SnmpValue | undefined): bigint | undefined {
  if (typeof value === 'bigint') return value;
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
}

/** UTF-8, or one byte for each character where it is not: WinBox writes names in the code page of its Windows. */
function text(value: SnmpValue | undefined): string | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(value);
  } catch {
    return new TextDecoder('windows-1252').decode(value);
  }
}

/** The last arc. An index above 2^31, which ifIndex as an Integer32 shows as negative, is unsigned in an OID. */
const indexOf = (oid: Oid): number => Number(oid.slice(oid.lastIndexOf('.') + 1));
