import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants, deflate, gunzip, gzip, inflate } from 'node:zlib';

type Bytes = Uint8Array;

interface Encoding {
  encode(body: Bytes): Promise<Bytes>;
  decode(body: Bytes, maxBytes: number): Promise<Bytes>;
}

/** Quick rather than small: the client is on the same machine, or near. */
const QUALITY = { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } };

/** In the order in which they are chosen. */
const ENCODINGS: ReadonlyMap<string, Encoding> = new Map([
  [
    'gzip',
    {
      encode: (body: Bytes) => promisify(gzip)(body, { level: 3 }),
      decode: (body: Bytes, maxOutputLength: number) => promisify(gunzip)(body, { maxOutputLength }),
    },
  ],
  [
    'br',
    {
      encode: (body: Bytes) => promisify(brotliCompress)(body, QUALITY),
      decode: (body: Bytes, maxOutputLength: number) =>
        promisify(brotliDecompress)(body, { maxOutputLength }),
    },
  ],
  [
    'deflate',
    {
      encode: (body: Bytes) => promisify(deflate)(body, { level: 3 }),
      decode: (body: Bytes, maxOutputLength: number) => promisify(inflate)(body, { maxOutputLength }),
    },
  ],
]);

/** Compresses an answer as the client accepts it (RFC 9110 section 12.5.3; a weight of 0 refuses). */
export async function encodeBody(
  body: Bytes,
  accepted: string | string[] | undefined,
): Promise<{ readonly body: Bytes; readonly encoding?: string }> {
  const named = String(accepted ?? '')
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => !/;\s*q=0(?:\.0*)?$/.test(part))
    .map((part) => part.replace(/;.*$/, '').trim());
  for (const [name, { encode }] of ENCODINGS) {
    if (named.includes(name)) return { body: await encode(body), encoding: name };
  }
  return { body };
}

/** Unpacks what a client has sent; undefined when it is not what it says, or would be longer than `maxBytes`. */
export async function decodeBody(
  body: Bytes,
  encoding: string | undefined,
  maxBytes: number,
): Promise<Bytes | undefined> {
  if (encoding === undefined || encoding === 'identity') return body;
  try {
    return await ENCODINGS.get(encoding.toLowerCase())?.decode(body, maxBytes);
  } catch {
    return undefined;
  }
}
