import type { EventLog, LogRecord, PartitionInfo } from '@fairlead/event-log';
import { decodeFrames, RawDatagram } from '@fairlead/model';
import { topics } from '@fairlead/topics';

/** Log records of one read. */
const READ_RECORDS = 500;

/**
 * The datagrams that the raw topic held when the reading began and that were appended at or after a time: partition by
 * partition, and so in order for each exporter. Nothing is committed.
 */
export async function* readRawDatagrams(
  log: EventLog,
  fromMs: number,
  onBrokenRecord: (record: LogRecord) => void,
): AsyncGenerator<RawDatagram, void> {
  const topic = topics.rawNetflow.name;
  for (const partition of await log.partitions(topic)) {
    let offset = await findOffset(log, partition, fromMs);
    while (offset < partition.nextOffset) {
      const records = await log.read(topic, partition.partition, offset, READ_RECORDS);
      for (const record of records) {
        if (record.offset >= partition.nextOffset) break;
        yield* datagramsOf(record, onBrokenRecord);
      }
      offset = (records.at(-1)?.offset ?? partition.nextOffset) + 1;
    }
  }
}

/** The first offset that was appended at or after the time, by halving; append times do not go backwards. */
export async function findOffset(
  log: EventLog,
  { topic, partition, firstOffset, nextOffset }: PartitionInfo,
  fromMs: number,
): Promise<number> {
  let low = firstOffset;
  let high = nextOffset;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [record] = await log.read(topic, partition, middle, 1);
    if (!record || record.timestampMs >= fromMs) high = middle;
    else low = record.offset + 1;
  }
  return low;
}

function datagramsOf(record: LogRecord, onBrokenRecord: (record: LogRecord) => void): RawDatagram[] {
  try {
    return decodeFrames(RawDatagram, record.value);
  } catch {
    onBrokenRecord(record);
    return [];
  }
}
