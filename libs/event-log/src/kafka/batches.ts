import type { KafkaMessage } from 'kafkajs';
import type { LogRecord } from '../port.ts';

/** What a failed batch needs to come again with the same records. */
export interface Failure {
  readonly firstOffset: number;
  readonly records: number;
  readonly failures: number;
}

/** Cuts what was fetched into batches; one that failed before is cut as it was then. */
export function* batchesOf(
  records: readonly LogRecord[],
  maxBytes: number,
  failure?: Failure,
): Generator<readonly LogRecord[]> {
  let rest = records;
  if (failure && rest[0]?.offset === failure.firstOffset) {
    yield rest.slice(0, failure.records);
    rest = rest.slice(failure.records);
  }
  while (rest.length > 0) {
    let bytes = 0;
    const beyond = rest.findIndex(({ value }, index) => {
      bytes += value.byteLength;
      return index > 0 && bytes > maxBytes;
    });
    const count = beyond < 0 ? rest.length : beyond;
    yield rest.slice(0, count);
    rest = rest.slice(count);
  }
}

export function toRecord(topic: string, partition: number, message: KafkaMessage): LogRecord {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    key: message.key?.toString('utf8') ?? '',
    value: message.value ?? new Uint8Array(),
    timestampMs: Number(message.timestamp),
  };
}
