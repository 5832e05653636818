import { RawDatagram } from '@fairlead/model';
import type { Gatherer } from './batch-queue.ts';
import type { Datagram } from './purpose.ts';

const PAYLOAD_TAG = 0x2a;
/** A length of less than 2^28 as a varint. */
const MAX_LENGTH_BYTES = 4;
const NOTHING = new Uint8Array();
const BLANK: RawDatagram = { timeMs: 0, exporter: NOTHING, exporterPort: 0, router: '', payload: NOTHING };
const MAX_SPARES = 32;
const MAX_SPARE_BYTES = 2 ** 20;

/**
 * Gatherers that make the bytes of `encodeFrames(RawDatagram, …)` while datagrams come: a payload is copied once and not
 * kept, which spares the garbage collector a buffer for each, the fields that datagrams of one exporter share are encoded
 * once, and the memory of values is used again.
 */
export function createRawDatagramGatherers(): () => Gatherer<Datagram> {
  const spares: Uint8Array<ArrayBuffer>[] = [];
  // The time is the first field, and that of the datagrams of all exporters in one millisecond.
  let timeBytes = NOTHING;
  let timeOfBytes = -1;

  return () => {
    let out = spares.pop() ?? NOTHING;
    let at = 0;
    let head = NOTHING;
    let headSource: Datagram['source'] | undefined;
    let headPort = 0;

    return {
      add(datagram) {
        const { timeMs, source, sourcePort, payload } = datagram;
        if (timeMs !== timeOfBytes) {
          timeBytes = encodeHead({ timeMs });
          timeOfBytes = timeMs;
        }
        if (source !== headSource || sourcePort !== headPort) {
          head = encodeHead(
            { exporter: source.address, exporterPort: sourcePort, router: source.router },
            PAYLOAD_TAG,
          );
          headSource = source;
          headPort = sourcePort;
        }
        const payloadBytes = payload.length;
        const headBytes = timeBytes.length + head.length;
        const most = 2 * MAX_LENGTH_BYTES + headBytes + payloadBytes;
        if (at + most > out.length) out = grow(out, at, most);
        at = writeLength(out, at, headBytes + lengthBytes(payloadBytes) + payloadBytes);
        at = copyShort(out, at, timeBytes);
        at = copyShort(out, at, head);
        at = writeLength(out, at, payloadBytes);
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

/** Some fields by the generated code, which leaves out what is zero or empty; then perhaps a tag. */
function encodeHead(fields: Partial<RawDatagram>, tag?: number): Uint8Array<ArrayBuffer> {
  const encoded = RawDatagram.encode({ ...BLANK, ...fields }).finish();
  return Uint8Array.from(tag === undefined ? encoded : [...encoded, tag]);
}

/** For some tens of bytes this is faster than set(). */
function copyShort(out: Uint8Array, at: number, bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i += 1) out[at + i] = bytes[i] ?? 0;
  return at + bytes.length;
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
