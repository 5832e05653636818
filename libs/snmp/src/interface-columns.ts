import type { Oid } from './oid.ts';

const IF_TABLE = '1.3.6.1.2.1.2.2.1';
const IF_X_TABLE = '1.3.6.1.2.1.31.1.1.1';

/** ifTable and ifXTable of IF-MIB (RFC 2863), in the order in which they are asked for. */
export const interfaceColumns = {
  ifName: `${IF_X_TABLE}.1`,
  ifDescr: `${IF_TABLE}.2`,
  ifHCInOctets: `${IF_X_TABLE}.6`,
  ifHCOutOctets: `${IF_X_TABLE}.10`,
  ifOperStatus: `${IF_TABLE}.8`,
  ifAdminStatus: `${IF_TABLE}.7`,
  ifLastChange: `${IF_TABLE}.9`,
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
  // What an agent without ifXTable, or without 64 bits for a slow interface, has instead.
  ifInOctets: `${IF_TABLE}.10`,
  ifOutOctets: `${IF_TABLE}.16`,
  ifSpeed: `${IF_TABLE}.5`,
  ifInUcastPkts: `${IF_TABLE}.11`,
  ifInNUcastPkts: `${IF_TABLE}.12`,
  ifOutUcastPkts: `${IF_TABLE}.17`,
  ifOutNUcastPkts: `${IF_TABLE}.18`,
} as const satisfies Record<string, Oid>;

export type InterfaceColumn = keyof typeof interfaceColumns;

export const allColumns = Object.keys(interfaceColumns) as InterfaceColumn[];

/** Columns that another one makes needless once it has answered. */
const replacedBy: Readonly<Partial<Record<InterfaceColumn, readonly InterfaceColumn[]>>> = {
  ifHCInOctets: ['ifInOctets'],
  ifHCOutOctets: ['ifOutOctets'],
  ifHighSpeed: ['ifSpeed'],
  ifHCInUcastPkts: ['ifInUcastPkts', 'ifInNUcastPkts'],
  ifHCOutUcastPkts: ['ifOutUcastPkts', 'ifOutNUcastPkts'],
};

/** What is worth asking an interface for that answered these columns. */
export function usefulColumns(
  answered: ReadonlySet<InterfaceColumn>,
  nameColumn: InterfaceColumn,
): InterfaceColumn[] {
  const needless = new Set([...answered].flatMap((column) => replacedBy[column] ?? []));
  if (nameColumn === 'ifName') needless.add('ifDescr');
  return allColumns.filter(
    (column) => column === nameColumn || (answered.has(column) && !needless.has(column)),
  );
}
