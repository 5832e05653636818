/**
 * Decoding of NetFlow v5, v9 and IPFIX, one core: ours against node-netflowv9, on the same datagrams, in alternating rounds.
 * Ours is measured twice: to records that are ready to be encoded, and to records encoded for the log, which the peer does
 * not do. The peer has no IPFIX; its figure beside ours is that for the same records in v9.
 */
import { addressToBytes } from '@fairlead/model';
import { createFlowEncoder, createFlowPool, createTemplateStore, decodeNetflow } from '@fairlead/netflow';
import {
  buildIpfix,
  buildSet,
  buildV9,
  bytes,
  templateRecord,
  type V9Field,
} from '@fairlead/netflow/testing';
import NetFlowV9 from 'node-netflowv9';
import { medianRates } from './support/median-rates.ts';
import { report } from './support/report.ts';

const DATAGRAMS = 2_000;
const RECORDS = 24;
const ROUNDS = 9;
const WARM_UP_ROUNDS = 5;
/** Size of a log value, as the flow decoder makes them. */
const VALUE_BYTES = 262_144;

/** The fields that RouterOS 6.39 exports of an IPv4 flow (captures, template 258). */
const fields: readonly V9Field[] = [
  [60, 1],
  [22, 4],
  [21, 4],
  [2, 4],
  [1, 4],
  [7, 2],
  [11, 2],
  [10, 4],
  [14, 4],
  [4, 1],
  [6, 1],
  [8, 4],
  [12, 4],
  [15, 4],
  [225, 4],
  [226, 4],
];

function record(seed: number): Uint8Array {
  const values = [4, 90_000, 95_000, seed % 1_000, seed * 37, 1_024 + (seed % 60_000), 443, 2, 14, 6, 0x1b];
  const addresses = [0x0a00_0000 + seed, 0xc633_6400 + (seed % 256), 0xcb00_7101, 0xcb00_7102, 0xc633_6407];
  return bytes(...[...values, ...addresses].map((value, i) => [value, fields[i]?.[1] ?? 0] as const));
}

/** A record of v5: the same values, at the places and in the lengths of Cisco's format. */
function recordV5(seed: number): Uint8Array {
  return bytes(
    [0x0a00_0000 + seed, 4],
    [0xc633_6400 + (seed % 256), 4],
    [0xcb00_7101, 4],
    [2, 2],
    [14, 2],
    [seed % 1_000, 4],
    [seed * 37, 4],
    [90_000, 4],
    [95_000, 4],
    [1_024 + (seed % 60_000), 2],
    [443, 2],
    [0, 1],
    [0x1b, 1],
    [6, 1],
    [0, 9],
  );
}

const header = { uptimeMs: 100_000, unixSeconds: 1_700_000_000 };
const buildV5 = (...records: readonly Uint8Array[]): Uint8Array =>
  bytes(
    [5, 2],
    [records.length, 2],
    [header.uptimeMs, 4],
    [header.unixSeconds, 4],
    [0, 4],
    [0, 4],
    [0, 4],
    ...records,
  );

const template = templateRecord(256, fields);
const all = <T>(make: (records: Uint8Array[]) => T, one: (seed: number) => Uint8Array): T[] =>
  Array.from({ length: DATAGRAMS }, (_, i) =>
    make(Array.from({ length: RECORDS }, (_record, k) => one(i * RECORDS + k))),
  );
const streams = {
  v5: all((records) => Buffer.from(buildV5(...records)), recordV5),
  v9: all((records) => Buffer.from(buildV9(header, buildSet(256, ...records))), record),
  ipfix: all(
    (records) => Buffer.from(buildIpfix({ exportSeconds: header.unixSeconds }, buildSet(256, ...records))),
    record,
  ),
};

const context = {
  timeMs: 1_700_000_000_000,
  exporter: addressToBytes('192.0.2.1'),
  router: 'gw1',
  templates: createTemplateStore(),
  pool: createFlowPool(),
};
const peer = new NetFlowV9({ cb: () => undefined });
const sender = { address: '192.0.2.1', port: 2_055 };
peer.nfPktDecode(Buffer.from(buildV9(header, buildSet(0, template))), sender);
decodeNetflow(Buffer.from(buildV9(header, buildSet(0, template))), context);
decodeNetflow(Buffer.from(buildIpfix({}, buildSet(2, template))), context);

/** Each returns the bytes of all flows, so that all can be seen to have read the same. */
function decodeAll(datagrams: readonly Buffer[]): number {
  let total = 0;
  for (const datagram of datagrams) {
    for (const flow of decodeNetflow(datagram, context).flows) total += flow.bytes;
  }
  return total;
}

const encoder = createFlowEncoder();
function decodeAndEncodeAll(datagrams: readonly Buffer[]): number {
  let total = 0;
  for (const datagram of datagrams) {
    const { flows } = decodeNetflow(datagram, context);
    for (const flow of flows) total += flow.bytes;
    encoder.add(flows);
    if (encoder.byteLength > VALUE_BYTES) encoder.finish();
  }
  encoder.finish();
  return total;
}

function peerDecodeAll(datagrams: readonly Buffer[]): number {
  let total = 0;
  for (const datagram of datagrams) {
    for (const flow of peer.nfPktDecode(datagram, sender)?.flows ?? []) total += flow.in_bytes;
  }
  return total;
}

// What is compiled for one format serves the others, so all are warm before the first is measured.
for (let round = 0; round < WARM_UP_ROUNDS; round += 1) {
  for (const datagrams of Object.values(streams)) decodeAndEncodeAll(datagrams);
  for (const datagrams of [streams.v5, streams.v9]) peerDecodeAll(datagrams);
}

for (const [format, datagrams] of Object.entries(streams)) {
  const theirs = format === 'ipfix' ? streams.v9 : datagrams;
  const rates = medianRates(
    {
      decode: () => decodeAll(datagrams),
      decodeAndEncode: () => decodeAndEncodeAll(datagrams),
      peer: () => peerDecodeAll(theirs),
    },
    { rounds: ROUNDS, operations: DATAGRAMS * RECORDS },
  );
  const against = {
    unit: 'flows/s',
    peer: format === 'ipfix' ? 'node-netflowv9 (v9)' : 'node-netflowv9',
    peerValue: rates.peer,
  };
  report([
    { name: `netflow-${format}-decode`, value: rates.decode, ...against },
    { name: `netflow-${format}-decode-and-encode`, value: rates.decodeAndEncode, ...against },
  ]);
}
peer.server.close();
