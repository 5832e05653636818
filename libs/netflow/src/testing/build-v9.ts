/** Header of a datagram that a test builds; what is left out is 0. */
export interface V9Header {
  readonly uptimeMs?: number;
  readonly unixSeconds?: number;
  readonly sequence?: number;
  readonly sourceId?: number;
}

/** Type and length of a field. */
export type V9Field = readonly [type: number, lengthBytes: number];

/** Big-endian bytes of numbers of the given lengths; a Uint8Array goes in as it is. */
export function bytes(
  ...parts: readonly (readonly [value: number, lengthBytes: number] | Uint8Array)[]
): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => {
      if (part instanceof Uint8Array) return [...part];
      const [value, lengthBytes] = part;
      return Array.from(
        { length: lengthBytes },
        (_, i) => Math.floor(value / 256 ** (lengthBytes - 1 - i)) % 256,
      );
    }),
  );
}

/** A NetFlow v9 datagram of these sets. */
export function buildV9(header: V9Header, ...sets: readonly Uint8Array[]): Uint8Array {
  const { uptimeMs = 0, unixSeconds = 0, sequence = 0, sourceId = 0 } = header;
  return bytes(
    [9, 2],
    [sets.length, 2],
    [uptimeMs, 4],
    [unixSeconds, 4],
    [sequence, 4],
    [sourceId, 4],
    ...sets,
  );
}

/** A set with its header; the content is taken as it is, so padding is the caller's. */
export function buildSet(id: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 4);
  return bytes([id, 2], [length, 2], ...content);
}

export function templateRecord(id: number, fields: readonly V9Field[]): Uint8Array {
  return bytes([id, 2], [fields.length, 2], fieldList(fields));
}

export function optionsTemplateRecord(
  id: number,
  scope: readonly V9Field[],
  options: readonly V9Field[],
): Uint8Array {
  return bytes([id, 2], [scope.length * 4, 2], [options.length * 4, 2], fieldList(scope), fieldList(options));
}

const fieldList = (fields: readonly V9Field[]): Uint8Array =>
  bytes(...fields.flatMap(([type, length]) => [[type, 2] as const, [length, 2] as const]));

/** An IPFIX message of these sets. */
export function buildIpfix(
  header: { readonly exportSeconds?: number; readonly domain?: number },
  ...sets: readonly Uint8Array[]
): Uint8Array {
  const length = sets.reduce((sum, set) => sum + set.length, 16);
  return bytes(
    [10, 2],
    [length, 2],
    [header.exportSeconds ?? 0, 4],
    [0, 4],
    [header.domain ?? 0, 4],
    ...sets,
  );
}
