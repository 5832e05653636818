import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pcapDatagrams } from './pcap-datagrams.ts';

/** A record as tshark printed it: field names without `cflow.`, all values as text, lists for repeated fields. */
export interface TsharkRecord {
  /** Template id; null for v5. */
  readonly set: number | null;
  readonly fields: Readonly<Record<string, string | readonly string[] | undefined>>;
}

export interface Totals {
  readonly flows: number;
  readonly packets: number;
  readonly bytes: number;
}

/** Real datagrams of one exporter, in order, with what independent decoders made of them. */
export interface Family {
  readonly name: string;
  readonly versions: readonly number[];
  readonly datagrams: readonly Uint8Array[];
  /** Records of data templates. */
  readonly tsharkFlows: readonly TsharkRecord[];
  /** All of its records, with those of options templates. */
  readonly tsharkRecords: readonly TsharkRecord[];
  readonly tsharkOptionsRecords: number;
  /** Totals of nfcapd; packets and bytes multiplied by the sampling rate. */
  readonly nfdump: Totals | undefined;
}

interface FamilyEntry {
  readonly name: string;
  readonly kind: 'udp-payload' | 'pcap';
  readonly files: readonly string[];
  readonly tshark: { readonly versions: readonly number[] };
  readonly tshark_file: string;
  readonly nfdump?: Totals | null;
}

type OracleLine =
  | { readonly kind: 'template'; readonly id: number }
  | { readonly kind: 'options-template'; readonly id: number }
  | ({ readonly kind: 'record' } & TsharkRecord);

/** Every NetFlow family of the captures folder. */
export function loadFamilies(capturesPath: string): Family[] {
  const folder = join(capturesPath, 'netflow');
  const entries = JSON.parse(readFileSync(join(folder, 'families.json'), 'utf8')) as FamilyEntry[];
  return entries.map((entry) => {
    const lines = readFileSync(join(folder, entry.tshark_file), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as OracleLine);
    const options = new Set(lines.filter((line) => line.kind === 'options-template').map((line) => line.id));
    const records = lines.filter((line) => line.kind === 'record');
    const isOptions = ({ set }: TsharkRecord): boolean => set !== null && options.has(set);
    return {
      name: entry.name,
      versions: entry.tshark.versions,
      datagrams: entry.files.flatMap((file) => {
        const bytes = readFileSync(join(folder, file));
        return entry.kind === 'pcap' ? pcapDatagrams(bytes).map(({ payload }) => payload) : [bytes];
      }),
      tsharkRecords: records,
      tsharkFlows: records.filter((record) => !isOptions(record)),
      tsharkOptionsRecords: records.filter(isOptions).length,
      nfdump: entry.nfdump ? pickTotals(entry.nfdump) : undefined,
    };
  });
}

const pickTotals = ({ flows, packets, bytes }: Totals): Totals => ({ flows, packets, bytes });
