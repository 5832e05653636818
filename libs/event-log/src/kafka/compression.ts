import kafkajs, { type CompressionTypes as CompressionType } from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';

// Node.js does not find these names in the CommonJS module by itself.
const { CompressionCodecs, CompressionTypes } = kafkajs;

/** How appends are compressed on their way and in the broker. Readers take every kind, whatever they are set to. */
export type KafkaCompression = 'none' | 'gzip' | 'lz4';

const TYPES: Readonly<Record<KafkaCompression, CompressionType>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  lz4: CompressionTypes.LZ4,
};

/** The type that kafkajs knows a compression by. kafkajs brings gzip; lz4 is added to what it knows, in this process. */
export function compressionType(compression: KafkaCompression): CompressionType {
  return TYPES[compression];
}

// Kafka's lz4 is the LZ4 frame format with independent blocks, which is what the package writes.
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: ({ buffer }: { readonly buffer: Buffer }) => compressFrame(buffer),
  decompress: (buffer: Buffer) => decompressFrame(buffer),
});
