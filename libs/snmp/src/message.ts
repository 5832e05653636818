import { BerReader } from './ber-reader.ts';
import { decodeArcs, encodeArcs, encodeElement, encodeInteger } from './ber-writer.ts';
import type { Oid } from './oid.ts';
import { decodeValue, type VarBind } from './var-bind.ts';

/** SNMPv2c messages (RFC 1901, RFC 3416) as a manager sends and reads them. */

const VERSION_2C = 1;
const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const RESPONSE = 0xa2;
const NULL = Uint8Array.of(0x05, 0x00);
const ID_BYTES = 4;
/** More than any datagram can hold in a useful way. */
const MAX_BINDINGS = 4_096;

/** Request ids that take exactly four bytes, so that one can be written over another. */
export const requestIds = { min: 0x0100_0000, max: 0x7fff_ffff } as const;

export interface Request {
  readonly kind: 'get' | 'get-bulk';
  readonly oids: readonly Oid[];
  /** Of a GETBULK. */
  readonly nonRepeaters?: number;
  readonly maxRepetitions?: number;
}

/** A request as bytes, without its id. */
export interface EncodedRequest {
  readonly datagram: Uint8Array;
  /** Where the four bytes of the id stand. */
  readonly idAt: number;
  readonly oids: readonly Oid[];
  /** Where the content of each of their object identifiers ends in the datagram, and how long it is. */
  readonly arcEnds: Uint16Array;
  readonly arcLengths: Uint16Array;
}

export function encodeRequest(community: string, request: Request): EncodedRequest {
  const arcs = request.oids.map(encodeArcs);
  const list = encodeElement(
    SEQUENCE,
    ...arcs.map((content) => encodeElement(SEQUENCE, encodeElement(OBJECT_IDENTIFIER, content), NULL)),
  );
  const tail = [encodeInteger(request.nonRepeaters ?? 0), encodeInteger(request.maxRepetitions ?? 0), list];
  const id = encodeElement(0x02, new Uint8Array(ID_BYTES));
  const datagram = encodeElement(
    SEQUENCE,
    encodeInteger(VERSION_2C),
    encodeElement(OCTET_STRING, new TextEncoder().encode(community)),
    encodeElement(request.kind === 'get' ? 0xa0 : 0xa5, id, ...tail),
  );
  const tailBytes = tail.reduce((sum, part) => sum + part.length, 0);
  const arcEnds = new Uint16Array(arcs.length);
  let end = datagram.length;
  for (let i = arcs.length - 1; i >= 0; i -= 1) {
    arcEnds[i] = end - NULL.length;
    end -= encodeElement(SEQUENCE, encodeElement(OBJECT_IDENTIFIER, arcs[i] ?? NULL), NULL).length;
  }
  const arcLengths = Uint16Array.from(arcs, ({ length }) => length);
  return { datagram, idAt: datagram.length - tailBytes - ID_BYTES, oids: request.oids, arcEnds, arcLengths };
}

/** The datagram of a request under this id, which is one of `requestIds`. */
export function withId({ datagram, idAt }: EncodedRequest, id: number): Uint8Array {
  const copy = datagram.slice();
  new DataView(copy.buffer).setUint32(idAt, id);
  return copy;
}

/** A response whose bindings have not been read yet. */
export interface Response {
  readonly requestId: number;
  readonly errorStatus: number;
  readonly errorIndex: number;
  readonly bindings: BerReader;
}

/** Reads the head of a response; undefined when it is none of version 2c. Never throws. */
export function decodeResponse(datagram: Uint8Array): Response | undefined {
  const reader = new BerReader(datagram);
  if (!reader.expect(SEQUENCE)) return undefined;
  reader.enter();
  if (reader.integer() !== VERSION_2C || !reader.expect(OCTET_STRING) || !reader.expect(RESPONSE))
    return undefined;
  reader.enter();
  const requestId = reader.integer();
  const errorStatus = reader.integer();
  const errorIndex = reader.integer();
  if (!reader.expect(SEQUENCE)) return undefined;
  reader.enter();
  return { requestId, errorStatus, errorIndex, bindings: reader };
}

/**
 * The bindings of a response. Where an object identifier is the one that was asked for in that place, its text is taken from
 * the question, so that a poll of known instances makes no text.
 * @returns undefined when they are not valid, or too many
 */
export function decodeBindings(reader: BerReader, asked?: EncodedRequest): VarBind[] | undefined {
  const { bytes } = reader;
  const bindings: VarBind[] = [];
  while (reader.hasMore) {
    const place = bindings.length;
    if (place >= MAX_BINDINGS || !reader.expect(SEQUENCE)) return undefined;
    const pair = new BerReader(bytes, reader.contentStart, reader.contentEnd);
    if (!pair.expect(OBJECT_IDENTIFIER)) return undefined;
    const oid =
      asked && isSame(asked, place, bytes, pair.contentStart, pair.contentEnd)
        ? asked.oids[place]
        : decodeArcs(bytes, pair.contentStart, pair.contentEnd);
    const tag = pair.next();
    if (oid === undefined || pair.failed || pair.hasMore) return undefined;
    bindings.push({ oid, value: decodeValue(tag, bytes, pair.contentStart, pair.contentEnd) });
  }
  return reader.failed ? undefined : bindings;
}

function isSame(
  { datagram, arcEnds, arcLengths }: EncodedRequest,
  place: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const length = end - start;
  if (arcLengths[place] !== length) return false;
  const knownEnd = arcEnds[place] ?? 0;
  // Instances of one column differ at the end.
  for (let i = 1; i <= length; i += 1) if (datagram[knownEnd - i] !== bytes[end - i]) return false;
  return true;
}
