import { addressToBytes } from '@fairlead/model';
import { describe, expect, it } from 'vitest';
import { createTemplateStore, decodeRecords } from './index.ts';
import {
  buildIpfix,
  buildSet,
  buildV9,
  bytes,
  optionsTemplateRecord,
  templateRecord,
} from './testing/build-v9.ts';
import { createPeer, type PeerOutcome } from './testing/node-netflowv9.ts';

const template = (id: number, ...fields: [type: number, lengthBytes: number][]): Uint8Array =>
  buildSet(0, templateRecord(id, fields));
/** Template 256: octetDeltaCount of four bytes. And a record of it. */
const known = buildV9({}, template(256, [1, 4]));
const flow = buildV9({}, buildSet(256, bytes([1_500, 4])));

/** Header and records of a fixed version; what is not a field that is compared is 0. */
const fixed = (
  version: number,
  headerBytes: number,
  recordBytes: number,
  ...byteCounts: number[]
): Uint8Array =>
  bytes(
    [version, 2],
    [byteCounts.length, 2],
    new Uint8Array(headerBytes - 4),
    ...byteCounts.map((octets) => bytes([0, 20], [octets, 4], new Uint8Array(recordBytes - 24))),
  );
const v5 = fixed(5, 24, 48, 100, 200);
const v7 = fixed(7, 24, 52, 100, 200);

interface Hostile {
  readonly datagrams: readonly Uint8Array[];
  /** What becomes of node-netflowv9 at the last of them. */
  readonly peer: PeerOutcome['kind'];
  /** What we have of all of them: bytes of the flows, and kinds of problems. */
  readonly bytes: readonly number[];
  readonly problems: readonly string[];
}

/** Datagrams that any host can send, which stop node-netflowv9 0.2.16 for good or end its process. */
const hostile: Readonly<Record<string, Hostile>> = {
  'a data set of length 0': {
    datagrams: [known, buildV9({}, buildSet(256, bytes([7, 4])), bytes([256, 2], [0, 2]))],
    peer: 'loops',
    bytes: [7],
    problems: ['set-length'],
  },
  'a set of length 0 whose template is not known': {
    datagrams: [buildV9({}, bytes([999, 2], [0, 2]))],
    peer: 'loops',
    bytes: [],
    problems: ['set-length'],
  },
  'a template set of length 0': {
    datagrams: [buildV9({}, bytes([0, 2], [0, 2]))],
    peer: 'loops',
    bytes: [],
    problems: ['set-length'],
  },
  'a set of a reserved number and length 0': {
    datagrams: [buildV9({}, bytes([7, 2], [0, 2]))],
    peer: 'loops',
    bytes: [],
    problems: ['set-length'],
  },
  'zeros behind the last set, as Palo Alto sends them': {
    datagrams: [known, buildV9({}, buildSet(256, bytes([7, 4])), new Uint8Array(40))],
    peer: 'loops',
    bytes: [7],
    problems: ['set-length'],
  },
  'a template of no fields, and data of it': {
    datagrams: [buildV9({}, template(300), buildSet(300, bytes([7, 4])))],
    peer: 'loops',
    bytes: [],
    problems: ['bad-template'],
  },
  'a template of one field of length 0, and data of it': {
    datagrams: [buildV9({}, template(300, [1, 0]), buildSet(300, bytes([7, 4])))],
    peer: 'loops',
    bytes: [],
    problems: ['bad-template'],
  },
  'an options template without fields, and data of it': {
    datagrams: [buildV9({}, buildSet(1, optionsTemplateRecord(300, [], [])), buildSet(300, bytes([7, 4])))],
    peer: 'loops',
    bytes: [],
    problems: ['bad-template'],
  },
  'no byte at all': {
    datagrams: [new Uint8Array()],
    peer: 'throws',
    bytes: [],
    problems: ['truncated'],
  },
  'a v9 header cut short': {
    datagrams: [flow.subarray(0, 19)],
    peer: 'throws',
    bytes: [],
    problems: ['truncated'],
  },
  'a template cut short': {
    datagrams: [known.subarray(0, known.length - 2)],
    peer: 'throws',
    bytes: [],
    problems: ['set-length'],
  },
  'a template of 65 535 fields in a set of eight bytes': {
    datagrams: [buildV9({}, buildSet(0, bytes([256, 2], [65_535, 2])))],
    peer: 'throws',
    bytes: [],
    problems: ['bad-template'],
  },
  'a template set padded by two bytes, and data behind it': {
    datagrams: [
      buildV9(
        {},
        buildSet(0, templateRecord(256, [[1, 4]]), new Uint8Array(2)),
        buildSet(256, bytes([7, 4])),
      ),
    ],
    peer: 'throws',
    bytes: [7],
    problems: [],
  },
  'an options template cut to its first word': {
    datagrams: [buildV9({}, buildSet(1, bytes([300, 2], [4, 2])).subarray(0, 6))],
    peer: 'throws',
    bytes: [],
    problems: ['set-length'],
  },
  'a v5 record cut short': {
    datagrams: [v5.subarray(0, v5.length - 8)],
    peer: 'throws',
    bytes: [100],
    problems: ['count-mismatch'],
  },
  'a v5 header cut short': {
    datagrams: [v5.subarray(0, 20)],
    peer: 'throws',
    bytes: [],
    problems: ['truncated'],
  },
  'v7 with two records, which it takes for 48 bytes each instead of 52': {
    datagrams: [v7],
    peer: 'throws',
    bytes: [100, 200],
    problems: [],
  },
};

describe('node-netflowv9 on hostile datagrams', () => {
  it.each(Object.entries(hostile))('%s', (_name, { datagrams, peer: ends, bytes: ours, problems }) => {
    const peer = createPeer();
    const outcomes = datagrams.map((datagram) => peer.decode(datagram));
    peer.close();
    expect(outcomes.at(-1)?.kind).toBe(ends);

    const templates = createTemplateStore();
    const context = { timeMs: 1, exporter: addressToBytes('192.0.2.1'), router: '', templates };
    const decoded = datagrams.map((datagram) => decodeRecords(datagram, context));
    expect(decoded.flatMap(({ flows }) => flows.map((each) => each.bytes))).toEqual(ours);
    expect(decoded.flatMap((each) => each.problems.map(({ kind }) => kind))).toEqual(problems);
    // And afterwards everything goes on.
    decodeRecords(known, context);
    expect(decodeRecords(flow, context).flows).toMatchObject([{ bytes: 1_500 }]);
  });

  it('templates of two domains of one exporter are one to it', () => {
    const other = buildV9({ sourceId: 2 }, template(256, [2, 4]));
    const peer = createPeer();
    const outcomes = [known, other, flow].map((datagram) => peer.decode(datagram));
    peer.close();
    expect(outcomes.at(-1)).toMatchObject({ records: [{ in_pkts: 1_500 }] });

    const templates = createTemplateStore();
    const context = { timeMs: 1, exporter: addressToBytes('192.0.2.1'), router: '', templates };
    const [, , decoded] = [known, other, flow].map((datagram) => decodeRecords(datagram, context));
    expect(decoded?.flows).toMatchObject([{ bytes: 1_500, packets: 0 }]);
  });

  it('IPFIX is nothing to it', () => {
    const peer = createPeer();
    expect(peer.decode(buildIpfix({}))).toEqual({ kind: 'unsupported' });
    peer.close();
  });
});
