import type { LogRecord } from '@fairlead/event-log';
import { decodeFrames, RawDatagram } from '@fairlead/model';

/** The datagrams of a log record; undefined when it holds no readable batch of them. */
export function readDatagrams(record: LogRecord): RawDatagram[] | undefined {
  try {
    return decodeFrames(RawDatagram, record.value);
  } catch {
    return undefined;
  }
}
