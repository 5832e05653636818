import { addressToBytes, type SyslogMessage } from '@fairlead/model';
import { decodeSyslogText, type ParsedMessage, parseSyslog, readSyslog, toIsoTime } from '../src/index.ts';

const encoder = new TextEncoder();
const source = addressToBytes('192.0.2.1');

/** The record of a datagram that arrived at 1 700 000 000 000 ms. */
export function parse(text: string | Uint8Array, router = ''): SyslogMessage {
  const datagram = typeof text === 'string' ? encoder.encode(text) : text;
  return parseSyslog(datagram, { timeMs: 1_700_000_000_000, source, router });
}

/** What of a record is there, without what every message has, and without what it says. */
export function parts(message: SyslogMessage): Partial<SyslogMessage> {
  const { timeMs: _timeMs, source: _source, router: _router, eventKind, eventFields, ...rest } = message;
  if (eventFields.length > 0 && eventKind === '') throw new Error('fields of no event');
  const isThere = (value: unknown): boolean =>
    Array.isArray(value) ? value.length > 0 : value !== undefined;
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => isThere(value)));
}

export const read = (line: string | Uint8Array, isRouter = false): ParsedMessage =>
  readSyslog(decodeSyslogText(typeof line === 'string' ? encoder.encode(line) : line), { isRouter });

export interface Said extends Partial<Omit<ParsedMessage, 'time' | 'topics' | 'structuredData'>> {
  readonly timestamp?: string;
}

/** All that a message says, but for topics and structured data; a year that is missing is 2026, a zone UTC. */
export function said(parsed: ParsedMessage): Said {
  const { time, topics: _topics, structuredData: _data, ...rest } = parsed;
  const timestamp = time && toIsoTime(time, { yearOf: () => 2026, offsetMinutesOf: () => 0 });
  return timestamp === undefined ? rest : { ...rest, timestamp };
}
