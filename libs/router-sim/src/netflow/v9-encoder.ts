import type { Endpoint } from '../kernel/kernel.ts';

/** One direction of a connection. Times are uptime. */
export interface FlowRecord {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly sourceAfterNat: Endpoint;
  readonly destinationAfterNat: Endpoint;
  readonly nextHop: string;
  readonly inputIndex: number;
  readonly outputIndex: number;
  readonly protocol: number;
  readonly tcpFlags: number;
  readonly bytes: number;
  readonly packets: number;
  readonly startMs: number;
  readonly endMs: number;
}

export interface V9Header {
  readonly uptimeMs: number;
  readonly unixSeconds: number;
  readonly sequence: number;
}

const TEMPLATE_ID = 256;
const HEADER_BYTES = 20;

interface Field {
  /** RFC 3954 section 8; from 225 on as in the IPFIX registry. */
  readonly type: number;
  readonly bytes: 1 | 2 | 4;
  readonly value: (flow: FlowRecord) => number;
}

/** RouterOS counts time in steps of 10 ms. */
const step = (ms: number): number => Math.floor(ms / 10) * 10;

/** The fields of RouterOS 6.39's IPFIX template in their order, with type of service and the ports after NAT. */
const fields: readonly Field[] = [
  { type: 22, bytes: 4, value: (flow) => step(flow.startMs) },
  { type: 21, bytes: 4, value: (flow) => step(flow.endMs) },
  { type: 2, bytes: 4, value: (flow) => flow.packets },
  { type: 1, bytes: 4, value: (flow) => flow.bytes },
  { type: 7, bytes: 2, value: (flow) => flow.source.port },
  { type: 11, bytes: 2, value: (flow) => flow.destination.port },
  { type: 10, bytes: 4, value: (flow) => flow.inputIndex },
  { type: 14, bytes: 4, value: (flow) => flow.outputIndex },
  { type: 4, bytes: 1, value: (flow) => flow.protocol },
  { type: 6, bytes: 1, value: (flow) => flow.tcpFlags },
  { type: 5, bytes: 1, value: () => 0 },
  { type: 8, bytes: 4, value: (flow) => v4(flow.source.address) },
  { type: 12, bytes: 4, value: (flow) => v4(flow.destination.address) },
  { type: 15, bytes: 4, value: (flow) => v4(flow.nextHop) },
  { type: 225, bytes: 4, value: (flow) => v4(flow.sourceAfterNat.address) },
  { type: 226, bytes: 4, value: (flow) => v4(flow.destinationAfterNat.address) },
  { type: 227, bytes: 2, value: (flow) => flow.sourceAfterNat.port },
  { type: 228, bytes: 2, value: (flow) => flow.destinationAfterNat.port },
];

const RECORD_BYTES = fields.reduce((sum, field) => sum + field.bytes, 0);

/** Most records of a datagram that stays below 1400 bytes, with a template in it. */
export const MAX_RECORDS = Math.floor((1_400 - HEADER_BYTES - templateSet().length - 8) / RECORD_BYTES);

/** One export packet (RFC 3954 section 5). Source id 0, as every router seen has it. */
export function encodeV9(header: V9Header, flows: readonly FlowRecord[], withTemplate: boolean): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16BE(9, 0);
  head.writeUInt16BE(flows.length + (withTemplate ? 1 : 0), 2);
  head.writeUInt32BE(step(header.uptimeMs) % 2 ** 32, 4);
  head.writeUInt32BE(header.unixSeconds, 8);
  head.writeUInt32BE(header.sequence % 2 ** 32, 12);
  const sets = [...(withTemplate ? [templateSet()] : []), ...(flows.length > 0 ? [dataSet(flows)] : [])];
  return Buffer.concat([head, ...sets]);
}

function templateSet(): Buffer {
  const words = [0, 8 + 4 * fields.length, TEMPLATE_ID, fields.length];
  for (const field of fields) words.push(field.type, field.bytes);
  const set = Buffer.alloc(2 * words.length);
  words.forEach((word, index) => set.writeUInt16BE(word, 2 * index));
  return set;
}

function dataSet(flows: readonly FlowRecord[]): Buffer {
  const length = 4 * Math.ceil((4 + flows.length * RECORD_BYTES) / 4);
  const set = Buffer.alloc(length);
  set.writeUInt16BE(TEMPLATE_ID, 0);
  set.writeUInt16BE(length, 2);
  let at = 4;
  for (const flow of flows) {
    for (const field of fields) {
      set.writeUIntBE(field.value(flow) % 2 ** (8 * field.bytes), at, field.bytes);
      at += field.bytes;
    }
  }
  return set;
}

const v4 = (address: string): number =>
  address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
