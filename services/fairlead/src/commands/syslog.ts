import { createReadStream } from 'node:fs';
import {
  createFrameDecoder,
  decodeSyslogText,
  type ParsedMessage,
  readSyslog,
  type SyslogFormat,
  type TimeDefaults,
  toIsoTime,
  yearOfReceipt,
} from '@fairlead/syslog';
import { createLineOutput } from '../records/line-output.ts';

export interface SyslogOptions {
  /** How a file or stream is cut into messages. */
  readonly framing: 'lines' | 'stream';
  /** Gives the offset of a wall-clock time that has no zone. */
  readonly tz: TimeDefaults['offsetMinutesOf'];
  /** Of times that have none. */
  readonly year?: number;
}

/** What was read; the last line of standard error. */
interface SyslogTotals {
  messages: number;
  events: number;
  readonly formats: Partial<Record<SyslogFormat, number>>;
  readonly dropped: Readonly<Record<string, number>>;
}

/** Larger than any sender's limit (RFC 5425 section 4.3.1 recommends 8192), and a bound of memory. */
const MAX_MESSAGE_BYTES = 1_048_576;

/**
 * `fairlead syslog FILE|-`: a JSON object for each message on standard output as soon as it is read, the totals as the
 * last line of standard error.
 */
export async function printSyslog(file: string, options: SyslogOptions): Promise<void> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const output = createLineOutput(process.stdout);
  const frames = createFrameDecoder({
    maxMessageBytes: MAX_MESSAGE_BYTES,
    splitAtPri: options.framing === 'stream',
  });
  const totals: SyslogTotals = { messages: 0, events: 0, formats: {}, dropped: frames.dropped };
  const defaults: TimeDefaults = {
    yearOf: (time) => options.year ?? yearOfReceipt(time, Date.now()),
    offsetMinutesOf: options.tz,
  };
  const print = async (messages: readonly Uint8Array[]): Promise<boolean> => {
    for (const bytes of messages) {
      const parsed = readSyslog(decodeSyslogText(bytes), { isRouter: false });
      totals.messages += 1;
      totals.formats[parsed.format] = (totals.formats[parsed.format] ?? 0) + 1;
      if (parsed.event) totals.events += 1;
      if (!(await output.write(JSON.stringify(toJson(parsed, defaults))))) return false;
    }
    return output.flush();
  };

  for await (const chunk of input as AsyncIterable<Uint8Array>) {
    if (!(await print(frames.push(chunk)))) return;
  }
  if (!(await print(frames.end()))) return;
  process.stderr.write(`${JSON.stringify(totals)}\n`);
}

/** What is absent in the message is absent here; an empty message is none. */
function toJson(parsed: ParsedMessage, defaults: TimeDefaults): Record<string, unknown> {
  const { format, facility, severity, time, hostname, appName, processId, messageId, structuredData, event } =
    parsed;
  const timestamp = time ? toIsoTime(time, defaults) : undefined;
  return {
    format,
    facility,
    severity,
    timestamp,
    host: hostname,
    appName,
    processId,
    messageId,
    structuredData: structuredData ? byElement(structuredData) : undefined,
    topics: parsed.topics.length > 0 ? parsed.topics : undefined,
    message: parsed.message === '' ? undefined : parsed.message,
    event,
  };
}

/** `{ element: { name: value } }`; a name that stands more than once has an array. Any name is safe as a key. */
function byElement(parameters: NonNullable<ParsedMessage['structuredData']>): Record<string, unknown> {
  const elements = new Map<string, Map<string, string | string[]>>();
  for (const { element, name, value } of parameters) {
    const values = elements.get(element) ?? new Map<string, string | string[]>();
    elements.set(element, values);
    if (name === '') continue;
    const before = values.get(name);
    values.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries([...elements].map(([element, values]) => [element, Object.fromEntries(values)]));
}
