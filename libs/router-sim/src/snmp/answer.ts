import {
  BerError,
  BerReader,
  compareOids,
  encodeElement,
  encodeOid,
  encodeWhole,
  type Oid,
  tags,
} from './ber.ts';
import type { MibObject } from './mib.ts';

const pdus = { get: 0xa0, getNext: 0xa1, response: 0xa2, set: 0xa3, getBulk: 0xa5 } as const;
const VERSION_2C = 1;
const TOO_BIG = 1;
const NO_ACCESS = 6;
/** What fits an Ethernet frame. */
const MAX_MESSAGE_BYTES = 1_472;
const MAX_REPETITIONS = 100;

interface VarBind {
  readonly oid: Oid;
  readonly value: Uint8Array;
}

/**
 * The answer to one SNMPv2c message (RFC 3416), or undefined where an agent is silent: another version, a wrong
 * community, a message that is no request, or no SNMP at all.
 */
export function answerSnmp(
  request: Uint8Array,
  mib: readonly MibObject[],
  community: string,
): Buffer | undefined {
  try {
    const message = new BerReader(new BerReader(request).expect(tags.sequence));
    if (message.integer() !== VERSION_2C) return undefined;
    if (Buffer.from(message.expect(tags.octetString)).toString('utf8') !== community) return undefined;
    const { tag, content } = message.next();
    const pdu = new BerReader(content);
    const requestId = pdu.integer();
    const first = pdu.integer();
    const second = pdu.integer();
    const oids = readOids(new BerReader(pdu.expect(tags.sequence)));
    const wrap = (bindings: readonly VarBind[], error = 0, errorIndex = 0): Buffer =>
      encodeElement(
        tags.sequence,
        encodeWhole(tags.integer, VERSION_2C),
        encodeElement(tags.octetString, Buffer.from(community, 'utf8')),
        encodeElement(
          pdus.response,
          encodeWhole(tags.integer, requestId),
          encodeWhole(tags.integer, error),
          encodeWhole(tags.integer, errorIndex),
          encodeElement(
            tags.sequence,
            ...bindings.map(({ oid, value }) => encodeElement(tags.sequence, encodeOid(oid), value)),
          ),
        ),
      );
    const unless = (tooLong: Buffer): Buffer =>
      tooLong.length > MAX_MESSAGE_BYTES ? wrap([], TOO_BIG) : tooLong;
    switch (tag) {
      case pdus.get:
        return unless(wrap(oids.map((oid) => get(mib, oid))));
      case pdus.getNext:
        return unless(wrap(oids.map((oid) => getNext(mib, oid))));
      case pdus.getBulk:
        return fitting(wrap, getBulk(mib, oids, first, second));
      case pdus.set:
        return wrap(
          oids.map((oid) => ({ oid, value: encodeElement(tags.null) })),
          NO_ACCESS,
          1,
        );
      default:
        return undefined;
    }
  } catch (error) {
    if (error instanceof BerError) return undefined;
    throw error;
  }
}

function readOids(list: BerReader): Oid[] {
  const oids: Oid[] = [];
  while (!list.atEnd()) oids.push(new BerReader(list.expect(tags.sequence)).oid());
  return oids;
}

function get(mib: readonly MibObject[], oid: Oid): VarBind {
  const at = mib[indexAfter(mib, oid) - 1];
  if (at && compareOids(at.oid, oid) === 0) return { oid, value: at.read() };
  // An object of which we have other instances, or one that we do not have (RFC 3416 section 4.2.1).
  const column = oid.slice(0, -1);
  const known = mib.some((object) => compareOids(object.oid.slice(0, column.length), column) === 0);
  return { oid, value: encodeElement(known ? tags.noSuchInstance : tags.noSuchObject) };
}

function getNext(mib: readonly MibObject[], oid: Oid): VarBind {
  const next = mib[indexAfter(mib, oid)];
  return next ? { oid: next.oid, value: next.read() } : { oid, value: encodeElement(tags.endOfMibView) };
}

/** RFC 3416 section 4.2.3; stops when every column has left the view. */
function getBulk(
  mib: readonly MibObject[],
  oids: readonly Oid[],
  nonRepeaters: number,
  repetitions: number,
): VarBind[] {
  const single = Math.max(0, Math.min(nonRepeaters, oids.length));
  const bindings = oids.slice(0, single).map((oid) => getNext(mib, oid));
  let row = oids.slice(single);
  for (let i = 0; i < Math.min(repetitions, MAX_REPETITIONS) && row.length > 0; i += 1) {
    const next = row.map((oid) => getNext(mib, oid));
    bindings.push(...next);
    if (next.every(({ oid }, column) => compareOids(oid, row[column] ?? []) === 0)) break;
    row = next.map(({ oid }) => oid);
  }
  return bindings;
}

/** As many of the bindings as a message holds. */
function fitting(wrap: (bindings: readonly VarBind[]) => Buffer, bindings: readonly VarBind[]): Buffer {
  let count = bindings.length;
  let message = wrap(bindings);
  while (message.length > MAX_MESSAGE_BYTES && count > 0) {
    count = Math.floor((count * MAX_MESSAGE_BYTES) / message.length);
    message = wrap(bindings.slice(0, count));
  }
  return message;
}

/** Index of the first object after `oid` in the order of a walk. */
function indexAfter(mib: readonly MibObject[], oid: Oid): number {
  let low = 0;
  let high = mib.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareOids(mib[middle]?.oid ?? [], oid) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
