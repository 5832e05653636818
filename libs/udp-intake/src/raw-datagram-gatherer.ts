import { RawDatagram } from '@fairlead/model';
import type { Gatherer } from './batch-queue.ts';
import type { Datagram } from './udp-intake.ts';

const TIME_TAG = 0x08;
const PAYLOAD_TAG = 0x2a;
/** Most bytes beside payload and origin: two tags, and three varints of at most 8, 5 and 5 bytes. */
const FRAME_BYTES = 20;
const NOTHING = new Uint8Array();
const MAX_SPARES = 32;
const MAX_SPARE_BYTES = 2 ** 20;

/**
 * Gatherers that make the bytes of `encodeFrames(RawDatagram, …)` while datagrams come: a payload is copied once and not
 * kept, which spares the garbage collector a buffer for each, the fields that datagrams of one exporter share are encoded
 * once, and the memory of values is used again. Times are from 1 on.
 */
export function createRawDatagramGatherers(): () => Gatherer<Datagram> {
  const spares: Uint8Array<ArrayBuffer>[] = [];

  return () => {
    let out = spares.pop() ?? NOTHING;
    let at = 0;
    let origin = NOTHING;
    let originOf: Datagram['source'] | undefined;
    let originPort = 0;

    return {
      add(datagram) {
        const { timeMs, source, sourcePort, payload } = datagram;
        if (source !== originOf || sourcePort !== originPort) {
          origin = encodeOrigin(datagram);
          originOf = source;
          originPort = sourcePort;
        }
        const most = FRAME_BYTES + origin.length + payload.length;
        if (at + most > out.length) out = grow(out, at, most);
        const head = 2 + varintBytes(timeMs) + origin.length + varintBytes(payload.length);
        at = writeVarint(out, at, head + payload.length);
        out[at] = TIME_TAG;
        at = writeVarint(out, at + 1, timeMs);
        out.set(origin, at);
        at += origin.length;
        out[at] = PAYLOAD_TAG;
        at = writeVarint(out, at + 1, payload.length);
        out.set(payload, at);
        at += payload.length;
      },
      finish: () => out.subarray(0, at),
      recycle() {
        if (spares.length < MAX_SPARES && out.length <= MAX_SPARE_BYTES) spares.push(out);
        out = NOTHING;
      },
    };
  };
}

/** Fields 2 to 4; the generated code leaves out what is zero or empty, here time and payload. */
function encodeOrigin({ source, sourcePort }: Datagram): Uint8Array<ArrayBuffer> {
  const { address, router } = source;
  const fields = { timeMs: 0, exporter: address, exporterPort: sourcePort, router, payload: NOTHING };
  return new Uint8Array(RawDatagram.encode(fields).finish());
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** A whole number from 0 to 2^53 - 1, seven bits a byte, the lowest first. */
function writeVarint(out: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out[at++] = (rest % 0x80) | 0x80;
  out[at] = rest;
  return at + 1;
}

function grow(out: Uint8Array, used: number, more: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(used * 2 + more);
  larger.set(out.subarray(0, used));
  return larger;
}
