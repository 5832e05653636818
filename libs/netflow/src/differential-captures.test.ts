import { addressToBytes } from '@fairlead/model';
import { capturesFolder } from '@fairlead/testkit';
import { describe, expect, it } from 'vitest';
import { fieldName } from './field-value.ts';
import { createTemplateStore, type DataRecord, decodeRecords } from './index.ts';
import { informationElements } from './information-elements.ts';
import { nameScope } from './scope-names.ts';
import { type Deviation, type Difference, inAgreement, judge } from './testing/deviations.ts';
import { type Family, loadFamilies } from './testing/families.ts';
import { createPeer, peerNames, type PeerRecord } from './testing/node-netflowv9.ts';

/** Our names for each of its names; some numbers share one there. */
const ourNames = new Map<string, string[]>();
const learn = (theirs: string, ours: string): void => {
  ourNames.set(theirs, [...(ourNames.get(theirs) ?? []), ours]);
};
for (const [number, type] of Object.entries(peerNames.nfTypes)) {
  if (type) learn(type.name, fieldName({ type: Number(number), lengthBytes: 0 }));
}
for (const [number, scope] of Object.entries(peerNames.nfScope)) {
  if (scope) learn(scope.name, nameScope({ type: Number(number), lengthBytes: 0 }).name ?? '');
}
/** Its names in v5 that it does not use in v9. */
for (const [theirs, ours] of [
  ['ipv4_src_port', 'sourceTransportPort'],
  ['ipv4_dst_port', 'destinationTransportPort'],
  ['in_as', 'bgpSourceAsNumber'],
  ['out_as', 'bgpDestinationAsNumber'],
] as const) {
  learn(theirs, ours);
}

const typeOf = new Map([...informationElements.values()].map(({ name, type }) => [name, type]));

/** Our values as node-netflowv9 writes them: IPv6 and MAC addresses in hexadecimal, times as numbers. */
function written(name: string, value: DataRecord['fields'][string]): string {
  if (Array.isArray(value)) return value.map((each: string | number) => written(name, each)).join(', ');
  const text = String(value);
  switch (typeOf.get(name)) {
    case 'ipv6Address':
      return Buffer.from(addressToBytes(text)).toString('hex');
    case 'macAddress':
      return text.replaceAll(':', '');
    case 'dateTimeMilliseconds':
      return String(Date.parse(text));
    case 'dateTimeSeconds':
      return String(Date.parse(text) / 1_000);
    default:
      return text;
  }
}

/** `unknown_type_N` is what the package calls an element that it does not know. */
function ourName(theirs: string, record: DataRecord): string {
  const names = ourNames.get(theirs) ?? [
    fieldName({ type: Number(/^unknown_type_(\d+)$/.exec(theirs)?.[1] ?? -1), lengthBytes: 0 }),
  ];
  return names.find((name) => name in record.fields) ?? names[0] ?? theirs;
}

function compareRecords(where: string, ours: DataRecord, theirs: PeerRecord): Difference[] {
  const own = new Map(Object.entries(ours.fields).map(([name, value]) => [name, written(name, value)]));
  own.set('kind', ours.kind).set('template', String(ours.template));
  const { fsId, isOption = false, ...fields } = theirs;
  const other = new Map(Object.entries(fields).map(([name, value]) => [ourName(name, ours), String(value)]));
  other.set('kind', isOption ? 'options' : 'flow').set('template', String(fsId ?? 0));
  return [...new Set([...own.keys(), ...other.keys()])]
    .map((field) => ({ where, field, ours: own.get(field), theirs: other.get(field) }))
    .filter((difference) => difference.ours !== difference.theirs);
}

function differencesOf({ name, datagrams }: Family): Difference[] {
  const peer = createPeer();
  const templates = createTemplateStore();
  const differences = datagrams.flatMap((datagram, i) => {
    const where = `${name}/${i}`;
    const context = { timeMs: 1, exporter: addressToBytes('192.0.2.1'), router: '', templates };
    const { records } = decodeRecords(datagram, context);
    const outcome = peer.decode(datagram);
    if (outcome.kind !== 'records') {
      return [{ where, field: 'datagram', ours: `${records.length} records`, theirs: outcome.kind }];
    }
    if (outcome.records.length !== records.length) {
      return [
        {
          where,
          field: 'datagram',
          ours: `${records.length} records`,
          theirs: `${outcome.records.length} records`,
        },
      ];
    }
    return records.flatMap((record, at) =>
      compareRecords(`${where}/${at}`, record, outcome.records[at] ?? {}),
    );
  });
  peer.close();
  return differences;
}

const bytesAreNumber = ({ ours, theirs }: Difference): boolean => Number(`0x${ours}`) === Number(theirs);

/** Whatever is not in this table is read alike by both. */
const deviations: readonly Deviation[] = [
  {
    reason: 'v5: it leaves the three bytes of padding out; we show them as IANA calls them',
    covers: ({ field, ours, theirs }) =>
      field === 'paddingOctets' && /^[0-9a-f]{2}, [0-9a-f]{4}$/.test(ours ?? '') && theirs === undefined,
  },
  {
    reason:
      'v5: it reads records to the end of the datagram and throws when the rest is no whole record; the header says 2, and tshark reads 2',
    covers: ({ where, field, theirs }) =>
      where === 'softflowd_v5/0' && field === 'datagram' && theirs === 'throws',
  },
  {
    reason:
      'zeros behind the sets are a set of length 0, at which it turns without an end; we end there, after the record, as tshark does',
    covers: ({ where, field, theirs }) =>
      where === 'paloalto_81_v9/1' && field === 'datagram' && theirs === 'loops',
  },
  {
    reason:
      'data before its template, in one datagram, is lost for it (and for tshark and nfcapd); we keep it until the template comes: 11 records more',
    covers: ({ where, field, ours, theirs }) =>
      where === 'akv_v9_data_templates/0' &&
      field === 'datagram' &&
      ours === '22 records' &&
      theirs === '11 records',
  },
  {
    reason: 'the system of a scope (RFC 3954 section 6.1) is a number for us, bytes for it',
    covers: ({ field, ours, theirs }) => field === 'scope_system' && Number(ours) === Number(`0x${theirs}`),
  },
  {
    reason: 'the interface of a scope is an ifIndex, a number; it reads a text out of the bytes',
    covers: ({ field, ours, theirs }) => field === 'scope_interface' && ours === '0' && theirs === '',
  },
  {
    reason:
      'element 33002 (the extended event of a Cisco ASA) is not in the IANA registry: bytes for us, a number for it',
    covers: (difference) => difference.field === 'element_33002' && bytesAreNumber(difference),
  },
  {
    reason:
      'element 40000 (the user of a Cisco ASA) is not in the IANA registry: bytes for us, a text for it',
    covers: ({ field, ours, theirs }) =>
      field === 'element_40000' &&
      Buffer.from(ours ?? '', 'hex')
        .toString()
        .replaceAll('\0', '') === theirs,
  },
  {
    reason: 'three fields of one number: we show all of them, it the last; all are empty',
    covers: ({ field, ours, theirs }) => field === 'element_0' && ours === ', , ' && theirs === '',
  },
  {
    reason:
      'an entry of an MPLS label stack is of type octetArray (RFC 5102 section 5.9): bytes for us, a number for it',
    covers: (difference) =>
      /^mpls(?:Top)?LabelStackSection\d?$/.test(difference.field) && bytesAreNumber(difference),
  },
  {
    reason:
      'mplsTopLabelType (46) is an unsigned8; its table takes it for an IPv4 address, and leaves out what has no four bytes',
    covers: ({ field, theirs }) => field === 'mplsTopLabelType' && theirs === undefined,
  },
];

const captures = capturesFolder();
const families = captures.met
  ? loadFamilies(captures.path).filter(({ versions }) => versions.every((version) => version < 10))
  : [];

describe('node-netflowv9 on real v5 and v9', () => {
  it('reads every field of every record as we do, or the difference is explained', (context) => {
    if (!captures.met) context.skip(captures.reason);
    expect(judge(families.flatMap(differencesOf), deviations)).toEqual(inAgreement);
  });
});
