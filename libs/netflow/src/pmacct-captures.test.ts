import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addressFromBytes } from '@fairlead/model';
import { capturesFolder } from '@fairlead/testkit';
import { describe, expect, it } from 'vitest';
import { createTemplateStore, decodeRecords } from './index.ts';
import { type Deviation, type Difference, inAgreement, judge } from './testing/deviations.ts';
import { pcapDatagrams } from './testing/pcap-datagrams.ts';
import {
  customPrimitive,
  type OptionMaps,
  type PmacctRow,
  primitives,
  type SeenFlow,
  tcpFlags,
} from './testing/pmacct-primitives.ts';

/** Tests of pmacct: the captures in the order in which nfacctd got them, and what it printed. */
const cases: readonly {
  readonly folder: string;
  readonly captures: readonly string[];
  readonly outputs: readonly string[];
}[] = [
  { folder: '100-IPFIXv10-CISCO', captures: ['traffic-00.pcap'], outputs: ['', 'scenario-01'] },
  { folder: '101-NFv9-CISCO-cust_primitives', captures: ['traffic-00.pcap'], outputs: [''] },
  { folder: '104-IPFIXv10-IPv6-CISCO-sampling_option', captures: ['traffic-00.pcap'], outputs: [''] },
  {
    folder: '111-IPFIXv10-NFv9-IPv6-IPv4-mix_sources',
    captures: ['traffic-00.pcap', 'traffic-01.pcap'],
    outputs: [''],
  },
  { folder: '112-IPFIXv10-CISCO-options-map-reassignment', captures: ['traffic-00.pcap'], outputs: [''] },
  {
    folder: '400-IPFIXv10-BMP-CISCO-SRv6-multiple-sources',
    captures: ['traffic-00.pcap'],
    outputs: ['', 'scenario-01'],
  },
];

/** pmacct plays its captures from addresses of its test network; these stand for each other. */
const playedFrom: ReadonlyMap<string, string> = new Map([
  ['138.187.0.13', '172.21.1.101'],
  ['138.187.57.55', '172.21.1.101'],
  ['203.0.113.90', '172.21.1.101'],
  ['2a02:a90:4007:700::54', 'fd25::101'],
  ['2001:4d98:a100:303:0:931:f:1', 'fd25::101'],
  ['2001:db8:90::1', 'fd25::101'],
]);

/** The second exporter of case 400 is in a capture that we do not have. */
const peerOfAnotherCapture = '172.21.1.102';

/** What comes together of many flows, and what is said about nfacctd and not about flows. */
const noPrimitives = new Set(['tcp_flags', 'packets', 'bytes', 'flows', 'writer_id']);
/** Of BGP, which nfacctd learnt from the BMP sessions of the capture. */
const ofBgp = new Set(['comms', 'ecomms', 'as_path', 'comms_src', 'ecomms_src', 'as_path_src']);
const networks = new Set(['net_src', 'net_dst', 'mask_src', 'mask_dst']);
/** With BGP there, the networks are those of its routes too. */
const isOfBgp = (name: string, row: PmacctRow): boolean =>
  ofBgp.has(name) || ('as_path' in row && networks.has(name));

const secondsOf = (time: string | undefined): number => Number(JSON.parse(time ?? '""'));

const deviations: readonly Deviation[] = [
  {
    reason:
      'nfacctd takes whole seconds of (uptime - FIRST_SWITCHED) from the seconds of the header, which rounds every time of v9 up; ours keeps the milliseconds, and is cut to seconds here',
    covers: ({ where, field, ours, theirs }) =>
      where.startsWith('101-NFv9') &&
      /^timestamp_(?:start|end)$/.test(field) &&
      secondsOf(theirs) - secondsOf(ours) === 1,
  },
];

const captures = capturesFolder();
const pathOf = (...names: readonly string[]): string => join(captures.path, 'netflow/pmacct', ...names);

/** `set_label=nkey%V,pkey%V [ip=ADDRESS/BITS]`, the first line that fits; every mask is of one host. */
function labelsOf(folder: string): SeenFlow['label'] {
  const file = pathOf(folder, 'pmacct_mount/pretag-00.map');
  if (!existsSync(file)) return () => undefined;
  const rules = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('set_label='))
    .map((line) => ({
      address: /ip=([^/\s]+)\//.exec(line)?.[1],
      label: Object.fromEntries(
        (/set_label=(\S+)/.exec(line)?.[1] ?? '')
          .split(',')
          .map((pair) => pair.split('%') as [string, string]),
      ),
    }));
  return (peer) => rules.find(({ address }) => address === undefined || address === peer)?.label;
}

function flowsOf(folder: string, files: readonly string[]): SeenFlow[] {
  const templates = createTemplateStore();
  const label = labelsOf(folder);
  const optionsOf = new Map<string, OptionMaps>();
  return files.flatMap((file) =>
    pcapDatagrams(readFileSync(pathOf(folder, file))).flatMap(({ source, payload, timeMs }) => {
      const peer = playedFrom.get(addressFromBytes(source)) ?? '';
      const options = optionsOf.get(peer) ?? { vrfs: new Map(), interfaceNames: new Map() };
      optionsOf.set(peer, options);
      const { version, records } = decodeRecords(payload, {
        timeMs,
        exporter: source,
        router: '',
        templates,
      });
      const exportSeconds = new DataView(payload.buffer, payload.byteOffset).getUint32(version === 9 ? 8 : 4);
      return records.flatMap((record): SeenFlow[] => {
        const { fields } = record;
        if (record.kind === 'flow') {
          return [{ peer, flow: record.flow, fields, options: copyOf(options), exportSeconds, label }];
        }
        const one = (name: string): string => String([fields[name] ?? ''].flat()[0]);
        if (fields['VRFname'] !== undefined) {
          const vrf = { name: one('VRFname'), distinguisher: one('mplsVpnRouteDistinguisher') };
          options.vrfs.set(one('ingressVRFID'), vrf);
        }
        if (fields['interfaceName'] !== undefined) {
          options.interfaceNames.set(one('ingressInterface'), one('interfaceName'));
        }
        return [];
      });
    }),
  );
}

const copyOf = ({ vrfs, interfaceNames }: OptionMaps): OptionMaps => ({
  vrfs: new Map(vrfs),
  interfaceNames: new Map(interfaceNames),
});

/** Flows that have all primitives in common. */
interface Aggregate {
  readonly primitives: ReadonlyMap<string, string>;
  tcpFlags: ReadonlySet<string>;
  packets: number;
  bytes: number;
}

function aggregate(rows: readonly Aggregate[]): Map<string, Aggregate> {
  const aggregates = new Map<string, Aggregate>();
  for (const row of rows) {
    const key = [...row.primitives.values()].join();
    const sum = aggregates.get(key) ?? { ...row, packets: 0, bytes: 0 };
    aggregates.set(key, sum);
    sum.tcpFlags = new Set([...sum.tcpFlags, ...row.tcpFlags]);
    sum.packets += row.packets;
    sum.bytes += row.bytes;
  }
  return aggregates;
}

const primitiveMap = (names: readonly string[], valueOf: (name: string) => unknown): Map<string, string> =>
  new Map(names.map((name) => [name, JSON.stringify(valueOf(name) ?? null)]));

function rowsOf(folder: string, output: string): PmacctRow[] {
  return readFileSync(pathOf(folder, output, 'output-flow-00.json'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as PmacctRow)
    .filter((row) => row['peer_ip_src'] !== peerOfAnotherCapture);
}

/** What has nothing to compare with is compared with what is nearest to it. */
function nearest(to: Aggregate, among: readonly Aggregate[]): Aggregate | undefined {
  const common = (other: Aggregate): number =>
    [...to.primitives].filter(([name, value]) => other.primitives.get(name) === value).length;
  return among.toSorted((a, b) => common(b) - common(a))[0];
}

const textOf = ({ primitives: values, tcpFlags: flags, packets, bytes }: Aggregate): Map<string, string> =>
  new Map([
    ...values,
    ['tcp_flags', [...flags].toSorted().join()],
    ['packets', String(packets)],
    ['bytes', String(bytes)],
  ]);

function compare(where: string, own: Aggregate | undefined, other: Aggregate | undefined): Difference[] {
  const [ours, theirs] = [
    own ? textOf(own) : new Map<string, string>(),
    other ? textOf(other) : new Map<string, string>(),
  ];
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .map((field) => ({ where, field, ours: ours.get(field), theirs: theirs.get(field) }))
    .filter((difference) => difference.ours !== difference.theirs);
}

/** Our flows by the primitives of this output, and the output by what of them comes out of flows. */
function differencesOf(folder: string, output: string, flows: readonly SeenFlow[]): Difference[] {
  const rows = rowsOf(folder, output);
  const [first] = rows;
  if (!first) throw new Error(`no rows in ${folder}`);
  const names = Object.keys(first).filter((name) => !noPrimitives.has(name) && !isOfBgp(name, first));
  const customNames = Object.keys(first['custom_primitives'] ?? {});
  const customOf = (seen: SeenFlow): object =>
    Object.fromEntries(customNames.map((name) => [name, customPrimitive(seen, name)]));
  const theirs = aggregate(
    rows.map((row) => ({
      primitives: primitiveMap(names, (name) => row[name]),
      tcpFlags: new Set(row.tcp_flags),
      packets: row.packets,
      bytes: row.bytes,
    })),
  );
  const ours = aggregate(
    flows.map((seen) => ({
      primitives: primitiveMap(names, (name) =>
        name === 'custom_primitives' ? customOf(seen) : primitives[name]?.(seen),
      ),
      tcpFlags: new Set(tcpFlags(seen)),
      packets: seen.flow.packets * seen.flow.samplingRate,
      bytes: seen.flow.bytes * seen.flow.samplingRate,
    })),
  );
  const alone = new Set([...theirs].filter(([key]) => !ours.has(key)).map(([, row]) => row));
  const differences = [...ours].flatMap(([key, own]) => {
    const other = theirs.get(key) ?? nearest(own, [...alone]);
    if (other) alone.delete(other);
    return compare(`${folder} ${output}`, own, other);
  });
  return [...differences, ...[...alone].flatMap((row) => compare(`${folder} ${output}`, undefined, row))];
}

describe('nfacctd', () => {
  it('comes to our sums by its own primitives, or the difference is explained', (context) => {
    if (!captures.met) context.skip(captures.reason);
    const differences = cases.flatMap(({ folder, captures: files, outputs }) => {
      const flows = flowsOf(folder, files);
      return outputs.flatMap((output) => differencesOf(folder, output, flows));
    });
    expect(judge(differences, deviations)).toEqual(inAgreement);
  });
});
