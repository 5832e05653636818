import { Buffer } from 'node:buffer';

/**
 * Reads the frames of a server (RFC 6455 section 5.2, not masked, not fragmented) and skips their payload but for the
 * first `headBytes`, which it gives as Latin-1 text.
 * @returns what takes the next piece of the stream
 */
export function createFrameReader(
  headBytes: number,
  onFrame: (opcode: number, length: number, head: string) => void,
): (chunk: Buffer) => void {
  let rest: Buffer | undefined;
  let toSkip = 0;
  return (chunk) => {
    let at = Math.min(toSkip, chunk.length);
    toSkip -= at;
    if (at === chunk.length) return;
    const bytes = rest ? Buffer.concat([rest, chunk.subarray(at)]) : chunk;
    if (rest) at = 0;
    rest = undefined;
    while (at < bytes.length) {
      const left = bytes.length - at;
      const short = (bytes[at + 1] ?? 0) & 0x7f;
      const header = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (left < header) break;
      const length =
        short < 126
          ? short
          : short === 126
            ? bytes.readUInt16BE(at + 2)
            : Number(bytes.readBigUInt64BE(at + 2));
      const headEnd = at + header + Math.min(headBytes, length);
      if (bytes.length < headEnd) break;
      onFrame((bytes[at] ?? 0) & 0x0f, length, bytes.toString('latin1', at + header, headEnd));
      const end = at + header + length;
      toSkip = Math.max(0, end - bytes.length);
      at = Math.min(end, bytes.length);
    }
    if (at < bytes.length) rest = bytes.subarray(at);
  };
}

/** A text frame of a client; masked with zeroes, which leaves the text as it is. */
export function maskedText(text: string): Buffer {
  const payload = Buffer.from(text);
  const header =
    payload.length < 126
      ? [0x81, 0x80 | payload.length]
      : [0x81, 0xfe, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([...header, 0, 0, 0, 0]), payload]);
}

/** A text frame of a server, of 126 to 65 535 bytes. */
export function serverText(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x81, 126, payload.length >> 8, payload.length & 0xff]), payload]);
}
