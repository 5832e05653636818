import fc from 'fast-check';
import { Partitioners } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { murmur2, partitionOf } from './partitioner.ts';

const partitionerOfKafka = Partitioners.DefaultPartitioner();
const metadata = Array.from({ length: 7 }, (_, partitionId) => ({
  partitionErrorCode: 0,
  partitionId,
  leader: 0,
  replicas: [],
  isr: [],
}));

describe('partitionOf', () => {
  it('hashes as the Java client does', () => {
    // The vectors of org.apache.kafka.common.utils.UtilsTest.testMurmur2.
    const hashes = [
      '21',
      'foobar',
      'a-little-bit-long-string',
      'lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8',
    ].map((text) => murmur2(Buffer.from(text)));
    expect(hashes).toEqual([-973932308, -790332482, -985981536, -58897971]);
  });

  it('sends every key where kafkajs would send it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (key) => {
        const theirs = partitionerOfKafka({
          topic: 't',
          partitionMetadata: metadata,
          message: { key, value: null },
        });
        expect(partitionOf(key, metadata.length)).toBe(theirs);
      }),
    );
  });
});
