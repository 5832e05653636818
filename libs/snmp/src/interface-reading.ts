import type { InterfaceColumn } from './interface-columns.ts';
import { readText } from './text.ts';
import type { SnmpValue } from './var-bind.ts';

/** What one interface reported. What the agent has not is undefined, never 0. */
export interface InterfaceReading {
  readonly ifIndex: number;
  /** ifName, or ifDescr where the agent has no name. */
  readonly name: string;
  /** Octets from the router's view: ifHCInOctets and ifHCOutOctets, or ifInOctets and ifOutOctets. */
  readonly rxBytes: bigint | undefined;
  readonly txBytes: bigint | undefined;
  /** 32 when the octets are those of ifTable, which start again at 4 GiB; undefined for 64. */
  readonly counterBits: 32 | undefined;
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
  /** ifAdminStatus is not down. */
  readonly enabled: boolean | undefined;
  /** ifHighSpeed, or ifSpeed, in bits per second; undefined when it is 0, which agents report for what has no speed. */
  readonly speedBps: bigint | undefined;
  /** ifLastChange: sysUpTime in ms when the interface came to its state. */
  readonly lastChangeUptimeMs: number | undefined;
  /** ifAlias without the blanks around it; undefined when it is empty. */
  readonly alias: string | undefined;
}

export type ColumnValues = Readonly<Partial<Record<InterfaceColumn, SnmpValue>>>;

const ADMIN_DOWN = 2;
const OPER_UP = 1;
const OPER_UNKNOWN = 4;
/** RFC 2863 section 3.1.7: what ifSpeed says when the speed is above it. */
const IF_SPEED_MAX = 4_294_967_295n;

/** @param onWrongType hears of a value that is not of its column's type, which counts as absent */
export function toReading(ifIndex: number, values: ColumnValues, onWrongType: () => void): InterfaceReading {
  const number = (column: InterfaceColumn): number | bigint | undefined => {
    const value = values[column];
    if (value === undefined) return undefined;
    if (typeof value === 'bigint') return value;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    onWrongType();
    return undefined;
  };
  const counter = (column: InterfaceColumn): bigint | undefined => {
    const value = number(column);
    return value === undefined ? undefined : BigInt(value);
  };
  const text = (column: InterfaceColumn): string | undefined => {
    const value = values[column];
    const result = readText(value);
    if (value !== undefined && result === undefined) onWrongType();
    return result || undefined;
  };
  const sum = (first: InterfaceColumn, ...others: readonly InterfaceColumn[]): bigint | undefined => {
    const start = counter(first);
    return start === undefined
      ? undefined
      : others.reduce((total, column) => total + (counter(column) ?? 0n), start);
  };
  const wideIn = counter('ifHCInOctets');
  const wideOut = counter('ifHCOutOctets');
  // Both of one width, so that a rate knows how both of them wrap.
  const isNarrow = wideIn === undefined && wideOut === undefined;
  const rxBytes = isNarrow ? counter('ifInOctets') : wideIn;
  const txBytes = isNarrow ? counter('ifOutOctets') : wideOut;
  const isWide = [rxBytes, txBytes].some((bytes) => bytes !== undefined && bytes > IF_SPEED_MAX);
  const operStatus = number('ifOperStatus');
  const adminStatus = number('ifAdminStatus');
  const lastChange = number('ifLastChange');
  return {
    ifIndex,
    name: text('ifName') ?? text('ifDescr') ?? '',
    rxBytes,
    txBytes,
    counterBits: isNarrow && !isWide && (rxBytes ?? txBytes) !== undefined ? 32 : undefined,
    rxPackets:
      sum('ifHCInUcastPkts', 'ifHCInMulticastPkts', 'ifHCInBroadcastPkts') ??
      sum('ifInUcastPkts', 'ifInNUcastPkts'),
    txPackets:
      sum('ifHCOutUcastPkts', 'ifHCOutMulticastPkts', 'ifHCOutBroadcastPkts') ??
      sum('ifOutUcastPkts', 'ifOutNUcastPkts'),
    rxErrors: counter('ifInErrors'),
    txErrors: counter('ifOutErrors'),
    rxDrops: counter('ifInDiscards'),
    txDrops: counter('ifOutDiscards'),
    running: operStatus === undefined || operStatus === OPER_UNKNOWN ? undefined : operStatus === OPER_UP,
    enabled: adminStatus === undefined ? undefined : adminStatus !== ADMIN_DOWN,
    speedBps: speed(counter('ifHighSpeed'), counter('ifSpeed')),
    lastChangeUptimeMs: lastChange === undefined ? undefined : Number(lastChange) * 10,
    alias: text('ifAlias')?.trim() || undefined,
  };
}

/**
 * @param megabits ifHighSpeed, rounded to 10^6 bits per second; a slower interface has 0 there, and one that does not know
 *   its speed a negative number, written into a Gauge32
 */
function speed(megabits: bigint | undefined, bps: bigint | undefined): bigint | undefined {
  if (megabits !== undefined && megabits > 0n && megabits < 2n ** 31n) return megabits * 1_000_000n;
  return bps === undefined || bps === 0n || bps === IF_SPEED_MAX ? undefined : bps;
}
