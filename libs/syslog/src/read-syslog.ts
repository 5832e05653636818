import { readCefMessage } from './cef-message.ts';
import { readHostname } from './hostname.ts';
import { readContent } from './message-content.ts';
import { type Head, readPri, type Sender, timeOf, withPri } from './message-head.ts';
import type { ParsedMessage } from './parsed-message.ts';
import { readRfc5424 } from './rfc5424.ts';
import { readLogPrint, readRouterosDefault, readShortPrint } from './routeros-message.ts';
import { readLeadingTime } from './time.ts';

export type { Sender } from './message-head.ts';

/** What Cisco puts before the time: sequence number, host, another number, and a mark of a clock that is not set. */
const sequence = /^(\d{1,10}): (?:([\w.-]{1,64}): )?(?:\d{1,10}: )?[*.]?(?=[\w%])/;
/** The mark alone, where no number is sent. */
const clockMark = /^[*.](?=[A-Z][a-z]{2} )/;

/**
 * Reads one message; never throws. What is understood:
 * - RouterOS default: `topics message`, with neither PRI nor time (RouterOS manual, "Log");
 * - RFC 3164 with its looser variants, as RouterOS's BSD and `syslog` formats send it: host name with or without
 *   topics, a time in the old or in the ISO form, no PRI where a relay took it off;
 * - RFC 5424 of any version, with structured data;
 * - CEF, with or without PRI, time and host before it;
 * - `/log print` of RouterOS, with and without `detail`.
 * Everything else is kept whole, as format `unparsed`.
 */
export function readSyslog(text: string, sender: Sender): ParsedMessage {
  const head = readPri(text);
  const body = head.length === 0 ? text : text.slice(head.length);
  return (
    (head.length > 0 ? readRfc5424(body, head, sender) : undefined) ??
    readTimed(body, head, sender) ??
    (head.length > 0 && head.facility === undefined ? readUntimed(text, { length: 0 }, sender) : undefined) ??
    readCisco(body, head, sender) ??
    readRouterosDefault(body, head, sender) ??
    readShortPrint(body, head, sender) ??
    readCefMessage(body, head, undefined, sender) ??
    readLogPrint(body, head, sender) ??
    readUntimed(body, head, sender)
  );
}

/** RFC 3164, and what RouterOS and relays put behind a time. */
function readTimed(body: string, head: Head, sender: Sender): ParsedMessage | undefined {
  const time = readLeadingTime(body);
  if (!time) return undefined;
  const rest = body.slice(time.length).replace(/^:? /, '');
  const cef = readCefMessage(rest, head, time, sender);
  if (cef) return cef;
  const { hostname, topics, content } = readHostname(rest, sender);
  return {
    format: hostname === '' && topics.length > 0 && head.length === 0 ? 'routeros-print' : 'rfc3164',
    ...withPri(head),
    ...timeOf(time),
    ...(hostname === '' ? {} : { hostname }),
    ...readContent(content, topics, sender),
  };
}

/** Cisco's `45: host: *Mar  1 00:00:12.345: %SYS-5-…`; the number is kept as a parameter. */
function readCisco(body: string, head: Head, sender: Sender): ParsedMessage | undefined {
  if (head.length === 0) return undefined;
  const match = sequence.exec(body);
  if (!match) return clockMark.test(body) ? readTimed(body.slice(1), head, sender) : undefined;
  const [whole, number = '', hostname] = match;
  const rest = body.slice(whole.length);
  const read = rest.startsWith('%')
    ? { format: 'rfc3164' as const, ...withPri(head), ...readContent(rest, [], sender) }
    : readTimed(rest, head, sender);
  if (!read) return undefined;
  return {
    ...read,
    ...(hostname === undefined ? {} : { hostname }),
    structuredData: [{ element: 'cisco', name: 'sequence', value: number }],
  };
}

/** With a PRI it is RFC 3164 in its poorest form (section 4.3.2); without one it is any text. */
function readUntimed(body: string, head: Head, sender: Sender): ParsedMessage {
  if (head.length === 0) return { format: 'unparsed', topics: [], message: body };
  const read = readContent(body, [], sender);
  const content =
    body.startsWith(' ') && read.event === undefined ? readContent(body.slice(1), [], sender) : read;
  return { format: 'rfc3164', ...withPri(head), ...(content.appName === undefined ? read : content) };
}
