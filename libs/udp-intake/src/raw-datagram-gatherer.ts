import { RawDatagram } from '@fairlead/model';
import type { Gatherer } from './batch-queue.ts';
import type { Datagram } from './purpose.ts';

const PAYLOAD_TAG = 0x2a;
/** A length of less than 2^28 as a varint. */
const MAX_LENGTH_BYTES = 4;
const NOTHING = new Uint8Array();
const MAX_SPARES = 32;
const MAX_SPARE_BYTES = 2 ** 20;

/**
 * Gatherers that make the bytes of `encodeFrames(RawDatagram, …)` while datagrams come: a payload is copied once and not
 * kept, which spares the garbage collector a buffer for each, the fields that datagrams of one exporter share are encoded
 * once as long as the time is the same, and the memory of values is used again.
 */
export function createRawDatagramGatherers(): () => Gatherer<Datagram> {
  const spares: Uint8Array<ArrayBuffer>[] = [];

  return () => {
    let out = spares.pop() ?? NOTHING;
    let at = 0;
    let head = NOTHING;
    let headTimeMs = 0;
    let headSource: Datagram['source'] | undefined;
    let headPort = 0;

    return {
      add(datagram) {
        const { timeMs, source, sourcePort, payload } = datagram;
        if (timeMs !== headTimeMs || source !== headSource || sourcePort !== headPort) {
          head = encodeHead(datagram);
          headTimeMs = timeMs;
          headSource = source;
          headPort = sourcePort;
        }
        const payloadBytes = payload.length;
        const most = 2 * MAX_LENGTH_BYTES + head.length + payloadBytes;
        if (at + most > out.length) out = grow(out, at, most);
        at = writeLength(out, at, head.length + lengthBytes(payloadBytes) + payloadBytes);
        out.set(head, at);
        at = writeLength(out, at + head.length, payloadBytes);
        out.set(payload, at);
        at += payloadBytes;
      },
      finish: () => out.subarray(0, at),
      recycle() {
        if (spares.length < MAX_SPARES && out.length <= MAX_SPARE_BYTES) spares.push(out);
        out = NOTHING;
      },
    };
  };
}

/** Fields 1 to 4 by the generated code, which leaves out what is zero or empty, here the payload; then the payload's tag. */
function encodeHead({ timeMs, source, sourcePort }: Datagram): Uint8Array<ArrayBuffer> {
  const { address, router } = source;
  const fields = { timeMs, exporter: address, exporterPort: sourcePort, router, payload: NOTHING };
  const encoded = RawDatagram.encode(fields).finish();
  const head = new Uint8Array(encoded.length + 1);
  head.set(encoded);
  head[encoded.length] = PAYLOAD_TAG;
  return head;
}

/** Bytes of a length as a varint (protobuf encoding); lengths are below 2^28. */
function lengthBytes(length: number): number {
  return length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4;
}

/** Seven bits a byte, the lowest first; returns where it ends. */
function writeLength(out: Uint8Array, start: number, length: number): number {
  let at = start;
  let rest = length;
  for (; rest >= 0x80; rest >>>= 7) out[at++] = (rest & 0x7f) | 0x80;
  out[at] = rest;
  return at + 1;
}

function grow(out: Uint8Array, used: number, more: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(used * 2 + more);
  larger.set(out.subarray(0, used));
  return larger;
}
