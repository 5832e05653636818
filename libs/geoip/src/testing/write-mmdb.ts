import { addressToBytes } from '@fairlead/model';

/** What a record of a test database holds. */
export type Value = string | number | { readonly [key: string]: Value };

type Node = [Node | number | undefined, Node | number | undefined];

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const RECORD_BITS = 24;

/**
 * A small MMDB file (format 2.0, 24-bit records, IPv6 tree with IPv4 at ::/96), as far as the tests need one.
 * @param records by prefix, such as `198.51.100.0/24`; none may lie within another
 */
export function writeMmdb(databaseType: string, records: Readonly<Record<string, Value>>): Buffer {
  const root: Node = [undefined, undefined];
  const data: Buffer[] = [];
  let dataBytes = 0;
  for (const [prefix, value] of Object.entries(records)) {
    insert(root, prefix, dataBytes);
    const encoded = encode(value);
    data.push(encoded);
    dataBytes += encoded.length;
  }
  const nodes = listNodes(root);
  const indexes = new Map(nodes.map((node, index) => [node, index]));
  const tree = Buffer.alloc(nodes.length * 6);
  nodes.forEach((node, index) => {
    node.forEach((child, side) => {
      const at = index * 6 + side * 3;
      if (child === undefined) tree.writeUIntBE(nodes.length, at, 3);
      else if (typeof child === 'number') tree.writeUIntBE(nodes.length + 16 + child, at, 3);
      else tree.writeUIntBE(indexes.get(child) ?? 0, at, 3);
    });
  });
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: databaseType,
    description: {},
    ip_version: 6,
    node_count: nodes.length,
    record_size: RECORD_BITS,
  };
  return Buffer.concat([tree, Buffer.alloc(16), ...data, MARKER, encode(metadata)]);
}

function insert(root: Node, prefix: string, offset: number): void {
  const [address = '', length = ''] = prefix.split('/');
  const bytes = addressToBytes(address);
  const isV4 = !address.includes(':');
  if (isV4) bytes.fill(0, 0, 12);
  const bits = Number(length) + (isV4 ? 96 : 0);
  let node = root;
  for (let depth = 0; depth < bits; depth += 1) {
    const side = ((bytes[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1;
    const child = node[side];
    if (depth === bits - 1) node[side] = offset;
    else if (Array.isArray(child)) node = child;
    else node = node[side] = [undefined, undefined];
  }
}

function listNodes(root: Node): Node[] {
  const nodes = [root];
  for (const node of nodes) for (const child of node) if (Array.isArray(child)) nodes.push(child);
  return nodes;
}

/** The data section's types: 2 string, 6 uint32, 7 map. */
function encode(value: Value): Buffer {
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return Buffer.concat([control(2, bytes.length), bytes]);
  }
  const entries = Object.entries(value);
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([key, entry]) => [encode(key), encode(entry)]),
  ]);
}

const control = (type: number, size: number): Buffer =>
  size < 29 ? Buffer.of((type << 5) | size) : Buffer.of((type << 5) | 29, size - 29);
