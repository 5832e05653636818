import type { SyslogMessage } from '@fairlead/model';
import { readLeadingTime } from './time.ts';
import { readTopics } from './topics.ts';

/** What the datagram itself does not say. */
export interface SyslogContext {
  /** When the datagram arrived, Unix milliseconds. */
  readonly timeMs: number;
  /** Source address, 16 bytes. */
  readonly source: Uint8Array;
  /** Router of the inventory; empty when none has the address. */
  readonly router: string;
}

/** Words of a /system identity in front of the topics. Any more would sooner be a message that speaks of topics. */
const MAX_HOSTNAME_WORDS = 4;
const MAX_PRI = 191;

const pri = /^<(\d{1,3})>/;
const tag = /^([^\s:[\]]{1,48})(?:\[[^\]\s]{0,64}\])?:(?: |$)/;
/** RFC 5424 section 6 behind PRI: version, time, host, app, process, message id, structured data, message. */
const rfc5424 =
  /^1 (\S{1,64}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) (?:-|(?:\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\])+)(?: |$)/s;

const utf8 = new TextDecoder();

/**
 * Parses one syslog datagram; never throws. What is understood:
 * - RouterOS default: `topics message`, with neither PRI nor time (RouterOS manual, "Log");
 * - RFC 3164 with its looser variants, as RouterOS's BSD and `syslog` formats send it: host name with or without
 *   topics, a time in the old or in the ISO form, no PRI where a relay took it off;
 * - RFC 5424; structured data is left out.
 * Everything else is kept whole, as format `unparsed`. The text is the sender's: nothing in it is to be believed.
 */
export function parseSyslog(datagram: Uint8Array, context: SyslogContext): SyslogMessage {
  const text = utf8.decode(datagram).replace(/[\r\n\0]+$/, '');
  const head = readPri(text);
  const body = text.slice(head.length);
  return (
    (head.length > 0 ? parseRfc5424(body, head, context) : undefined) ??
    parseRfc3164(body, head, context) ??
    parseRouterosDefault(body, head, context) ??
    withoutTime(body, head, context)
  );
}

interface Pri {
  readonly length: number;
  readonly facility?: number;
  readonly severity?: number;
}

function readPri(text: string): Pri {
  const match = pri.exec(text);
  const value = Number(match?.[1]);
  if (!match || value > MAX_PRI) return { length: 0 };
  return { length: match[0].length, facility: value >> 3, severity: value & 7 };
}

function parseRfc5424(body: string, head: Pri, context: SyslogContext): SyslogMessage | undefined {
  const match = rfc5424.exec(body);
  if (!match) return undefined;
  const [whole, time = '-', hostname = '-', appName = '-'] = match;
  const timeMs = readLeadingTime(time)?.timeMs;
  return {
    ...blank('rfc5424', head, context),
    ...(timeMs === undefined ? {} : { deviceTimeMs: BigInt(timeMs) }),
    ...(hostname === '-' ? {} : { hostname }),
    ...(appName === '-' ? {} : { appName }),
    message: body.slice(whole.length).replace(/^\uFEFF/, ''),
  };
}

function parseRfc3164(body: string, head: Pri, context: SyslogContext): SyslogMessage | undefined {
  const time = readLeadingTime(body);
  if (!time) return undefined;
  const rest = body.slice(time.length).replace(/^:? /, '');
  const { hostname, topics, content } = readHostname(rest);
  return {
    ...blank('rfc3164', head, context),
    ...(time.timeMs === undefined ? {} : { deviceTimeMs: BigInt(time.timeMs) }),
    ...(hostname === '' ? {} : { hostname }),
    topics,
    ...(topics.length > 0 ? { message: content } : splitTag(content, context)),
  };
}

/**
 * The host name is one word, except that a RouterOS identity may hold spaces: where topics follow they show its end.
 * Without topics the end of such a name cannot be known.
 */
function readHostname(rest: string): { hostname: string; topics: string[]; content: string } {
  const words = rest.split(' ', MAX_HOSTNAME_WORDS + 1);
  for (const [index, word] of words.entries()) {
    const topics = readTopics(word);
    if (topics.length === 0) continue;
    const hostname = words.slice(0, index).join(' ');
    const start = hostname.length + (index > 0 ? 1 : 0) + word.length;
    return { hostname, topics, content: rest.slice(start).replace(/^ /, '') };
  }
  const hostname = words[0] ?? '';
  return { hostname, topics: [], content: rest.slice(hostname.length).replace(/^ /, '') };
}

function parseRouterosDefault(body: string, head: Pri, context: SyslogContext): SyslogMessage | undefined {
  const end = body.indexOf(' ');
  const topics = readTopics(end === -1 ? body : body.slice(0, end));
  if (topics.length === 0) return undefined;
  const message = end === -1 ? '' : body.slice(end + 1);
  return { ...blank('routeros-default', head, context), topics, message };
}

/** With a PRI it is RFC 3164 in its poorest form (section 4.3.2); without one it is any text. */
function withoutTime(body: string, head: Pri, context: SyslogContext): SyslogMessage {
  if (head.length === 0) return { ...blank('unparsed', head, context), message: body };
  return { ...blank('rfc3164', head, context), ...splitTag(body, context) };
}

/** RouterOS sends no tag, and its messages may begin like one (`pppoe-out1: connected`), so a router's stay whole. */
function splitTag(content: string, { router }: SyslogContext): { appName?: string; message: string } {
  const match = router === '' ? tag.exec(content) : null;
  if (match?.[1] === undefined) return { message: content };
  return { appName: match[1], message: content.slice(match[0].length) };
}

function blank(format: string, { facility, severity }: Pri, context: SyslogContext): SyslogMessage {
  return {
    timeMs: context.timeMs,
    router: context.router,
    source: context.source,
    format,
    facility,
    severity,
    deviceTimeMs: undefined,
    hostname: undefined,
    appName: undefined,
    topics: [],
    message: '',
  };
}
