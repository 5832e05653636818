import { readNativeType, type NativeType } from './native-type.ts';
import { StoreError } from './port.ts';

/** Code of ClickHouse for what it cannot do. */
const NOT_IMPLEMENTED = 48;

/** From these revisions of the protocol on, a block says more of itself (ClickHouse, src/Core/ProtocolDefines.h). */
const BLOCK_INFO_REVISION = 51_903;
const CUSTOM_SERIALIZATION_REVISION = 54_454;

/** Not of overflowing groups, of no bucket, and the end. */
const BLOCK_INFO = Buffer.from([1, 0, 2, 0xff, 0xff, 0xff, 0xff, 0]);
const NOT_CUSTOM = Buffer.from([0]);

/**
 * Blocks in the format Native as a client of a later revision reads them. The embedded engine writes those of the first
 * one, whatever the client says (`client_protocol_version` is of the HTTP server, which it lacks). The columns are the same:
 * each block gets its information before it, and each column a mark that its serialisation is the usual one.
 * @throws StoreError for a type whose length in the block cannot be told
 */
export function reviseNative(body: Uint8Array, revision: number): Uint8Array {
  if (revision < BLOCK_INFO_REVISION) return body;
  const source = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const reader = createReader(source);
  const parts: Uint8Array[] = [];
  let copiedTo = 0;
  const insert = (part: Uint8Array): void => {
    parts.push(source.subarray(copiedTo, reader.position()), part);
    copiedTo = reader.position();
  };
  while (reader.position() < source.length) {
    insert(BLOCK_INFO);
    const columns = reader.varint();
    const rows = reader.varint();
    for (let column = 0; column < columns; column += 1) {
      reader.skip(reader.varint());
      const name = reader.text(reader.varint());
      if (revision >= CUSTOM_SERIALIZATION_REVISION) insert(NOT_CUSTOM);
      const type = readNativeType(name);
      if (!type) throw unknownType(name);
      if (rows === 0) continue;
      reader.skip(prefixBytes(type));
      skipColumn(reader, type, rows);
    }
  }
  parts.push(source.subarray(copiedTo));
  return Buffer.concat(parts);
}

interface Reader {
  position(): number;
  skip(bytes: number): void;
  varint(): number;
  text(bytes: number): string;
  uint64(): number;
}

function createReader(source: Buffer): Reader {
  let at = 0;
  const take = (bytes: number): number => {
    const from = at;
    at += bytes;
    if (!(at <= source.length)) {
      throw new StoreError('the engine ended a block before its end', {
        code: NOT_IMPLEMENTED,
        retriable: false,
      });
    }
    return from;
  };
  return {
    position: () => at,
    skip: (bytes) => void take(bytes),
    varint() {
      let [value, factor] = [0, 1];
      for (;;) {
        const byte = source[take(1)] ?? 0;
        value += (byte & 0x7f) * factor;
        if (byte < 0x80) return value;
        factor *= 0x80;
      }
    },
    text: (bytes) => source.toString('utf8', take(bytes), at),
    uint64: () => Number(source.readBigUInt64LE(take(8))),
  };
}

/** What a column says of its serialisation before its values: a version for each dictionary. */
function prefixBytes(type: NativeType): number {
  switch (type.kind) {
    case 'fixed':
    case 'text':
      return 0;
    case 'nullable':
    case 'array':
      return prefixBytes(type.of);
    case 'tuple':
      return type.of.reduce((sum, element) => sum + prefixBytes(element), 0);
    case 'dictionary':
      return 8;
  }
}

function skipColumn(reader: Reader, type: NativeType, rows: number): void {
  switch (type.kind) {
    case 'fixed':
      reader.skip(type.bytes * rows);
      return;
    case 'text':
      for (let row = 0; row < rows; row += 1) reader.skip(reader.varint());
      return;
    case 'nullable':
      reader.skip(rows);
      skipColumn(reader, type.of, rows);
      return;
    case 'array': {
      // Where each row ends, the last of which is the number of values.
      if (rows > 0) reader.skip(8 * (rows - 1));
      skipColumn(reader, type.of, rows > 0 ? reader.uint64() : 0);
      return;
    }
    case 'tuple':
      for (const element of type.of) skipColumn(reader, element, rows);
      return;
    case 'dictionary':
      if (rows > 0) skipDictionary(reader, type.of);
  }
}

/** Flags with the width of an index in the lowest byte, the keys, and an index for each row. */
function skipDictionary(reader: Reader, keys: NativeType): void {
  const indexBytes = 2 ** (reader.uint64() & 0xff);
  skipColumn(reader, keys, reader.uint64());
  reader.skip(indexBytes * reader.uint64());
}

const unknownType = (name: string): StoreError =>
  new StoreError(
    `a column of type ${name} cannot be told in the format Native by the embedded store; convert it, or ask for another format.`,
    { code: NOT_IMPLEMENTED, retriable: false },
  );
