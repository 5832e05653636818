/**
 * Decoding of NetFlow v9, one core: ours against node-netflowv9, on the same datagrams, in alternating rounds.
 * Ours is measured twice: to records, and to records that are encoded for the log, which the peer does not do.
 */
import { addressToBytes } from '@fairlead/model';
import { createFlowEncoder, createTemplateStore, decodeNetflow } from '@fairlead/netflow';
import { buildSet, buildV9, bytes, templateRecord, type V9Field } from '@fairlead/netflow/testing';
import NetFlowV9 from 'node-netflowv9';
import { medianRates } from './support/median-rates.ts';
import { report } from './support/report.ts';

const DATAGRAMS = 2_000;
const RECORDS = 24;
const ROUNDS = 9;
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

const header = { uptimeMs: 100_000, unixSeconds: 1_700_000_000 };
const template = Buffer.from(buildV9(header, buildSet(0, templateRecord(256, fields))));
const datagrams = Array.from({ length: DATAGRAMS }, (_, i) =>
  Buffer.from(
    buildV9(
      header,
      buildSet(256, ...Array.from({ length: RECORDS }, (_record, k) => record(i * RECORDS + k))),
    ),
  ),
);

const context = {
  timeMs: 1_700_000_000_000,
  exporter: addressToBytes('192.0.2.1'),
  router: 'gw1',
  templates: createTemplateStore(),
};
decodeNetflow(template, context);

const peer = new NetFlowV9({ cb: () => undefined });
const sender = { address: '192.0.2.1', port: 2_055 };
peer.nfPktDecode(template, sender);

/** Each returns the bytes of all flows, so that all three can be seen to have read the same. */
const contenders = {
  decode: () => {
    let total = 0;
    for (const datagram of datagrams)
      for (const flow of decodeNetflow(datagram, context).flows) total += flow.bytes;
    return total;
  },
  decodeAndEncode: () => {
    let total = 0;
    const encoder = createFlowEncoder();
    for (const datagram of datagrams) {
      const { flows } = decodeNetflow(datagram, context);
      for (const flow of flows) total += flow.bytes;
      encoder.add(flows);
      if (encoder.byteLength > VALUE_BYTES) encoder.finish();
    }
    encoder.finish();
    return total;
  },
  peer: () => {
    let total = 0;
    for (const datagram of datagrams) {
      for (const flow of peer.nfPktDecode(datagram, sender)?.flows ?? []) total += flow.in_bytes;
    }
    return total;
  },
};

const rates = medianRates(contenders, { rounds: ROUNDS, operations: DATAGRAMS * RECORDS });
peer.server.close();

const against = { unit: 'flows/s', peer: 'node-netflowv9', peerValue: rates.peer };
report([
  { name: 'netflow-v9-decode', value: rates.decode, ...against },
  { name: 'netflow-v9-decode-and-encode', value: rates.decodeAndEncode, ...against },
]);
