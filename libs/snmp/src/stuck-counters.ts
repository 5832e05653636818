import type { InterfaceColumn } from './interface-columns.ts';
import type { ColumnValues } from './interface-reading.ts';

/** Counters of 64 bits that are given up together, each where it stands at 0 beside the one of 32 bits that counts. */
const groups: readonly {
  readonly twins: Readonly<Partial<Record<InterfaceColumn, InterfaceColumn>>>;
  readonly columns: readonly InterfaceColumn[];
}[] = [
  {
    twins: { ifHCInOctets: 'ifInOctets', ifHCOutOctets: 'ifOutOctets' },
    columns: ['ifHCInOctets', 'ifHCOutOctets'],
  },
  {
    twins: { ifHCInUcastPkts: 'ifInUcastPkts' },
    columns: ['ifHCInUcastPkts', 'ifHCInMulticastPkts', 'ifHCInBroadcastPkts'],
  },
  {
    twins: { ifHCOutUcastPkts: 'ifOutUcastPkts' },
    columns: ['ifHCOutUcastPkts', 'ifHCOutMulticastPkts', 'ifHCOutBroadcastPkts'],
  },
];

/**
 * Some agents have ifXTable and never count in it: what they report there is a 0 that is no measurement. Where the counter of
 * 32 bits of the same interface is above 0, those of 64 bits are taken for absent.
 */
export function withoutStuckCounters(values: ColumnValues): ColumnValues {
  const stuck = groups.filter(({ twins }) =>
    Object.entries(twins).some(
      ([wide, narrow]) => values[wide as InterfaceColumn] === 0 && Number(values[narrow] ?? 0) > 0,
    ),
  );
  if (stuck.length === 0) return values;
  const without = new Set<string>(stuck.flatMap(({ columns }) => columns));
  return Object.fromEntries(Object.entries(values).filter(([column]) => !without.has(column)));
}
