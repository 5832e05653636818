const encoder = new TextEncoder();

/**
 * The partition of a key: murmur2 of its UTF-8 bytes, as Kafka's default partitioner has it
 * (org.apache.kafka.clients.producer.internals.BuiltInPartitioner), so that both adapters and clients in other languages
 * agree on where a key lives.
 */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(encoder.encode(key)) & 0x7fffffff) % partitions;
}

/** MurmurHash2, 32 bits, with the seed of org.apache.kafka.common.utils.Utils.murmur2. */
export function murmur2(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wholeWords = bytes.byteLength & ~3;
  let hash = 0x9747b28c ^ bytes.byteLength;
  for (let at = 0; at < wholeWords; at += 4) {
    let word = Math.imul(view.getInt32(at, true), M);
    word = Math.imul(word ^ (word >>> 24), M);
    hash = Math.imul(hash, M) ^ word;
  }
  if (wholeWords < bytes.byteLength) {
    for (let at = bytes.byteLength - 1; at >= wholeWords; at -= 1) {
      hash ^= view.getUint8(at) << (8 * (at - wholeWords));
    }
    hash = Math.imul(hash, M);
  }
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

const M = 0x5bd1e995;
