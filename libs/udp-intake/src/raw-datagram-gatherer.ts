import { RawDatagram } from '@fairlead/model';
import type { Gatherer } from './batch-queue.ts';
import type { Datagram } from './purpose.ts';
import type { Source } from './sources.ts';

const TIME_TAG = 0x08;
const PAYLOAD_TAG = 0x2a;
/** Two lengths of less than 2^28, the tag of the time and the time, as varints. */
const MOST_VARYING_BYTES = 4 + 4 + 1 + 8;
const NOTHING = new Uint8Array();
const BLANK: RawDatagram = { timeMs: 0, exporter: NOTHING, exporterPort: 0, router: '', payload: NOTHING };
const MAX_SPARES = 32;
const MAX_SPARE_BYTES = 2 ** 20;

/**
 * Gatherers that make the bytes of `encodeFrames(RawDatagram, …)` while datagrams come: a payload is copied once and not
 * kept, which spares the garbage collector a buffer for each, what a datagram has in common with the one before it is
 * not encoded again, and the memory of values is used again.
 */
export function createRawDatagramGatherers(): () => Gatherer<Datagram> {
  const spares: Uint8Array<ArrayBuffer>[] = [];
  return () => new RawDatagramGatherer(spares);
}

class RawDatagramGatherer implements Gatherer<Datagram> {
  readonly #spares: Uint8Array<ArrayBuffer>[];
  #out: Uint8Array<ArrayBuffer>;
  #at = 0;
  /** Where the last frame starts, and how many bytes stand before its payload. */
  #frameAt = 0;
  #frontBytes = 0;
  #timeMs = -1;
  #payloadBytes = -1;
  #source: Source | undefined;
  #sourcePort = -1;
  /** The fields of the source, and the tag of the payload. */
  #sourceFields = NOTHING;

  constructor(spares: Uint8Array<ArrayBuffer>[]) {
    this.#spares = spares;
    this.#out = spares.pop() ?? NOTHING;
  }

  add(datagram: Datagram): void {
    const { payload } = datagram;
    const payloadBytes = payload.length;
    const frameAt = this.#at;
    const isAlike =
      payloadBytes === this.#payloadBytes &&
      datagram.timeMs === this.#timeMs &&
      datagram.sourcePort === this.#sourcePort &&
      datagram.source === this.#source;
    if (isAlike) this.#repeatFront(payloadBytes);
    else this.#writeFront(datagram, payloadBytes);
    this.#out.set(payload, this.#at);
    this.#at += payloadBytes;
    this.#frameAt = frameAt;
  }

  finish(): Uint8Array {
    return this.#out.subarray(0, this.#at);
  }

  recycle(): void {
    if (this.#spares.length < MAX_SPARES && this.#out.length <= MAX_SPARE_BYTES) this.#spares.push(this.#out);
    this.#out = NOTHING;
  }

  /** For some tens of bytes this is faster than copyWithin(). */
  #repeatFront(payloadBytes: number): void {
    const frontBytes = this.#frontBytes;
    const out = this.#room(frontBytes + payloadBytes);
    const from = this.#frameAt;
    const at = this.#at;
    for (let i = 0; i < frontBytes; i += 1) out[at + i] = out[from + i] ?? 0;
    this.#at = at + frontBytes;
  }

  #writeFront({ timeMs, source, sourcePort }: Datagram, payloadBytes: number): void {
    if (source !== this.#source || sourcePort !== this.#sourcePort) {
      this.#sourceFields = encodeSource(source, sourcePort);
      this.#source = source;
      this.#sourcePort = sourcePort;
    }
    this.#timeMs = timeMs;
    this.#payloadBytes = payloadBytes;
    const fields = this.#sourceFields;
    const out = this.#room(MOST_VARYING_BYTES + fields.length + payloadBytes);
    const start = this.#at;
    const messageBytes = 1 + varintBytes(timeMs) + fields.length + varintBytes(payloadBytes) + payloadBytes;
    let at = writeVarint(out, start, messageBytes);
    out[at] = TIME_TAG;
    at = writeVarint(out, at + 1, timeMs);
    out.set(fields, at);
    this.#at = writeVarint(out, at + fields.length, payloadBytes);
    this.#frontBytes = this.#at - start;
  }

  /** The memory of the value, with so many free bytes at least. */
  #room(bytes: number): Uint8Array<ArrayBuffer> {
    if (this.#at + bytes > this.#out.length) {
      const larger = new Uint8Array(this.#at * 2 + bytes);
      larger.set(this.#out.subarray(0, this.#at));
      this.#out = larger;
    }
    return this.#out;
  }
}

/** The fields between time and payload by the generated code, which leaves out what is zero or empty; then the tag. */
function encodeSource({ address, router }: Source, port: number): Uint8Array<ArrayBuffer> {
  const encoded = RawDatagram.encode({ ...BLANK, exporter: address, exporterPort: port, router }).finish();
  return Uint8Array.from([...encoded, PAYLOAD_TAG]);
}

/** Bytes of an integer up to 2^53 as a varint (protobuf encoding). */
function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}

/** Seven bits a byte, the lowest first; returns where it ends. */
function writeVarint(out: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out[at++] = (rest % 0x80) | 0x80;
  out[at] = rest;
  return at + 1;
}
