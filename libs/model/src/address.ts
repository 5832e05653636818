const V4_PREFIX = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);

/**
 * The 16 bytes of an address; IPv4 becomes `::ffff:a.b.c.d` (RFC 4291 section 2.5.5.2).
 * A zone index (`%eth0`) is dropped.
 * @throws RangeError when the text is not an IPv4 or IPv6 address
 */
export function addressToBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const zone = text.indexOf('%');
  const address = zone === -1 ? text : text.slice(0, zone);
  if (!address.includes(':')) {
    bytes.set(V4_PREFIX);
    bytes.set(parseV4(address, text), 12);
    return bytes;
  }
  const halves = address.split('::');
  if (halves.length > 2) throw notAnAddress(text);
  const head = parseGroups(halves[0] ?? '', text);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', text) : [];
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) throw notAnAddress(text);
  bytes.set(head);
  bytes.set(tail, 16 - tail.length);
  return bytes;
}

/** The text of 16 address bytes: IPv4-mapped as dotted quad, IPv6 in the form of RFC 5952. Other lengths give ''. */
export function addressFromBytes(bytes: Uint8Array): string {
  if (bytes.length !== 16) return '';
  if (V4_PREFIX.every((value, index) => bytes[index] === value)) return bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  const { start, length } = longestZeroRun(groups);
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function parseV4(address: string, text: string): number[] {
  const parts = address.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) {
    throw notAnAddress(text);
  }
  return parts.map(Number);
}

function parseGroups(half: string, text: string): number[] {
  if (half === '') return [];
  const groups = half.split(':');
  return groups.flatMap((group, index) => {
    if (group.includes('.') && index === groups.length - 1) return parseV4(group, text);
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) throw notAnAddress(text);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function longestZeroRun(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}

function notAnAddress(text: string): RangeError {
  return new RangeError(`not an IPv4 or IPv6 address: ${text}`);
}
