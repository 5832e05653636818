import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';

/** The two functions of a generated message that a batch needs. */
export interface Codec<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}

/** The bytes are not a sequence of length-delimited messages. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}

/**
 * Many messages as one value of the log: each with its length before it, as varint, which is what
 * ClickHouse's `FORMAT Protobuf` reads.
 */
export function encodeFrames<T>(codec: Codec<T>, messages: readonly T[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const message of messages) codec.encode(message, writer.fork()).join();
  return writer.finish();
}

/**
 * The messages of one log value.
 * @throws FrameError when a length or a message is broken
 */
export function decodeFrames<T>(codec: Codec<T>, value: Uint8Array): T[] {
  const messages: T[] = [];
  const reader = new BinaryReader(value);
  try {
    while (reader.pos < reader.len) messages.push(codec.decode(reader.bytes()));
  } catch (cause) {
    throw new FrameError(`broken record batch after ${messages.length} messages`, { cause });
  }
  return messages;
}

/**
 * How many messages a log value holds, without decoding them.
 * @throws FrameError when a length does not fit
 */
export function countFrames(value: Uint8Array): number {
  const reader = new BinaryReader(value);
  let count = 0;
  try {
    for (; reader.pos < reader.len; count += 1) reader.bytes();
  } catch (cause) {
    throw new FrameError(`broken record batch after ${count} messages`, { cause });
  }
  return count;
}
