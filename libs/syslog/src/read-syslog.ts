import { readCef } from './cef.ts';
import type { ParsedMessage } from './parsed-message.ts';
import { readEvent, type RouterosEvent } from './routeros-event.ts';
import { type LeadingStructuredData, readStructuredData } from './structured-data.ts';
import { type LeadingTime, readLeadingTime } from './time.ts';
import { readTopics } from './topics.ts';

/** Words of a /system identity in front of the topics. Any more would sooner be a message that speaks of topics. */
const MAX_HOSTNAME_WORDS = 4;
const MAX_PRI = 191;

const pri = /^<(\d{1,3})>/;
const tag = /^([^\s:[\]]{1,48})(?:\[([^\]\s]{0,64})\])?:(?: |$)/;
const logPrefix = /^[^\s:]{1,64}: /;
/** RFC 5424 section 6.2 behind PRI: version, time, host, app, process, message id. */
const rfc5424 = /^[1-9]\d{0,2} (-|\d{4}-\d\d-\d\dT\S+) (\S+) (\S+) (\S+) (\S+)(?: |$)/;
/** What Cisco puts before the time: sequence number, host, another number, and a mark of a clock that is not set. */
const sequence = /^(\d{1,10}): (?:([\w.-]{1,64}): )?(?:\d{1,10}: )?[*.]?(?=\w)/;
/** A message of Cisco, which needs no host name before it. */
const mnemonic = /^(?:: )?(?=%[A-Z][\w-]*-\d-\w+:)/;
/** A tag where the host name should be. */
const tagAtOnce = /^[^\s:[\]]{1,48}(?:\[[^\]\s]{0,64}\])?:(?: |$)/;
const clock = /^ *\d\d:\d\d:\d\d /;
const cefStart = /^((?:[^ ]+ ){0,4}?)(?=CEF:\d{1,3}\|)/;
const logPrint = /^\s*(?:\d+ +)?time=(\S+(?: [\d:]+)?) +topics=(\S*) +(?:[\w-]+=\S+ +)*message="(.*)"\s*$/s;

/** What is known of the sender. */
export interface Sender {
  /** It is a router, which sends no tags: `pppoe-out1: connected` is all message. */
  readonly isRouter: boolean;
  /** Its /system identity, which may hold spaces. */
  readonly identity?: string | undefined;
}

const NO_DATA: LeadingStructuredData = { length: 0, parameters: [] };

type Head = Pick<ParsedMessage, 'facility' | 'severity'> & { readonly length: number };

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
    (head.length > 0 ? readRfc5424(body, head) : undefined) ??
    readTimed(body, head, sender) ??
    (head.length > 0 && head.facility === undefined ? readUntimed(text, { length: 0 }, sender) : undefined) ??
    readSequence(body, head, sender) ??
    readRouterosDefault(body, head) ??
    readClock(body, head) ??
    readCefBody(body, head, undefined) ??
    (head.length === 0 ? readLogPrint(body) : undefined) ??
    readUntimed(body, head, sender)
  );
}

/** A number above 191 says nothing, but what stands behind it may. */
function readPri(text: string): Head {
  const match = text.startsWith('<') ? pri.exec(text) : null;
  if (!match) return { length: 0 };
  const value = Number(match[1]);
  if (value > MAX_PRI) return { length: match[0].length };
  return { length: match[0].length, facility: value >> 3, severity: value & 7 };
}

function withPri({ facility, severity }: Head): Pick<ParsedMessage, 'facility' | 'severity'> {
  return facility === undefined || severity === undefined ? {} : { facility, severity };
}

function readRfc5424(body: string, head: Head): ParsedMessage | undefined {
  const match = rfc5424.exec(body);
  if (!match) return undefined;
  const [whole, time = '', hostname = '-', appName = '-', processId = '-', messageId = '-'] = match;
  const data = readStructuredData(body, whole.length) ?? NO_DATA;
  const rest = body.slice(whole.length + data.length);
  const isWhole = data !== NO_DATA && (rest === '' || rest.startsWith(' '));
  // Without a time it is a header only when all of it is well-formed; with one, what is wrong behind it is the message.
  if (!isWhole && time === '-' && rest !== '') return undefined;
  return {
    format: 'rfc5424',
    ...withPri(head),
    ...timeOf(readLeadingTime(time)),
    ...(hostname === '-' ? {} : { hostname }),
    ...(appName === '-' ? {} : { appName }),
    ...(processId === '-' ? {} : { processId }),
    ...(messageId === '-' ? {} : { messageId }),
    ...(data.parameters.length === 0 || !isWhole ? {} : { structuredData: data.parameters }),
    topics: [],
    message: isWhole ? rest.slice(rest.charCodeAt(1) === BYTE_ORDER_MARK ? 2 : 1) : body.slice(whole.length),
  };
}

/** RFC 3164, and what RouterOS and relays put behind a time. */
function readTimed(body: string, head: Head, sender: Sender): ParsedMessage | undefined {
  const time = readLeadingTime(body);
  if (!time) return undefined;
  const rest = body.slice(time.length).replace(/^:? /, '');
  const cef = readCefBody(rest, head, time);
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

function timeOf(leading: LeadingTime | undefined): Pick<ParsedMessage, 'time'> {
  return leading?.time === undefined ? {} : { time: leading.time };
}

/** Cisco's `45: host: *Mar  1 00:00:12.345: %SYS-5-…`; the number is kept as a parameter. */
function readSequence(body: string, head: Head, sender: Sender): ParsedMessage | undefined {
  const match = head.length > 0 ? sequence.exec(body) : null;
  if (!match) return undefined;
  const [whole, number = '', hostname] = match;
  const timed = readTimed(body.slice(whole.length), head, sender);
  if (!timed) return undefined;
  return {
    ...timed,
    ...(hostname === undefined ? {} : { hostname }),
    structuredData: [{ element: 'cisco', name: 'sequence', value: number }],
  };
}

/** RouterOS's `/log print` of today: a time without a date. */
function readClock(body: string, head: Head): ParsedMessage | undefined {
  const match = head.length === 0 ? clock.exec(body) : null;
  const read = match ? readRouterosDefault(body.slice(match[0].length), head) : undefined;
  return read && { ...read, format: 'routeros-print' };
}

/**
 * The host name is one word, except that a RouterOS identity may hold spaces: where topics follow they show its end.
 * Without topics the end of such a name cannot be known.
 */
function readHostname(
  rest: string,
  { isRouter, identity }: Sender,
): { hostname: string; topics: readonly string[]; content: string } {
  if (identity !== undefined && rest.startsWith(`${identity} `)) {
    const behind = rest.slice(identity.length + 1);
    const word = behind.split(' ', 1)[0] ?? '';
    const topics = readTopics(word);
    return {
      hostname: identity,
      topics,
      content: topics.length > 0 ? behind.slice(word.length + 1) : behind,
    };
  }
  if (!isRouter) {
    const mark = mnemonic.exec(rest);
    if (mark) return { hostname: '', topics: [], content: rest.slice(mark[0].length) };
    if (tagAtOnce.test(rest)) return { hostname: '', topics: [], content: rest };
  }
  let start = 0;
  let first = rest.length;
  for (let word = 0; word <= MAX_HOSTNAME_WORDS; word += 1) {
    const space = rest.indexOf(' ', start);
    const end = space === -1 ? rest.length : space;
    if (word === 0) first = end;
    const topics = readTopics(rest.slice(start, end));
    if (topics.length > 0) {
      return { hostname: rest.slice(0, Math.max(0, start - 1)), topics, content: rest.slice(end + 1) };
    }
    if (space === -1) break;
    start = end + 1;
  }
  const content = rest.slice(first + 1);
  return {
    hostname: rest.slice(0, first),
    topics: [],
    content: isRouter ? content : content.replace(mnemonic, ''),
  };
}

function readRouterosDefault(body: string, head: Head): ParsedMessage | undefined {
  const space = body.indexOf(' ');
  const end = space === -1 ? body.length : space;
  const topics = readTopics(body.slice(0, end));
  if (topics.length === 0) return undefined;
  const message = body.slice(end + 1);
  return { format: 'routeros-default', ...withPri(head), topics, message, ...eventOf(message, topics) };
}

/** CEF in place of the message; the identity before it may hold spaces. */
function readCefBody(rest: string, head: Head, time: LeadingTime | undefined): ParsedMessage | undefined {
  const start = rest.includes('CEF:') ? cefStart.exec(rest) : null;
  const cef = start ? readCef(rest.slice(start[0].length)) : undefined;
  if (!start || !cef) return undefined;
  const hostname = start[0].trimEnd() || cef.deviceHost;
  const topics = readTopics(cef.name);
  const message = cef.message ?? cef.name;
  return {
    format: 'cef',
    ...withPri(head),
    ...timeOf(time),
    ...(hostname === undefined ? {} : { hostname }),
    structuredData: cef.parameters,
    topics,
    message,
    ...(topics.length === 0 ? {} : eventOf(message, topics)),
  };
}

function readLogPrint(body: string): ParsedMessage | undefined {
  const match = body.includes('message="') ? logPrint.exec(body) : null;
  if (!match) return undefined;
  const [, time = '', list = '', quoted = ''] = match;
  const topics = list.split(',');
  const message = quoted.replace(/\\(["\\])/g, '$1');
  return {
    format: 'routeros-print',
    ...timeOf(readLeadingTime(time)),
    topics,
    message,
    ...eventOf(message, topics),
  };
}

/** With a PRI it is RFC 3164 in its poorest form (section 4.3.2); without one it is any text. */
function readUntimed(body: string, head: Head, sender: Sender): ParsedMessage {
  if (head.length === 0) return { format: 'unparsed', topics: [], message: body };
  return { format: 'rfc3164', ...withPri(head), ...readContent(body, [], sender) };
}

type Content = Pick<ParsedMessage, 'appName' | 'processId' | 'topics' | 'message' | 'event'>;

/**
 * RouterOS sends no tag, and its messages may begin like one (`pppoe-out1: connected`): what a router sends, what has
 * topics and what is a known message of RouterOS stays whole.
 */
function readContent(content: string, topics: readonly string[], sender: Sender): Content {
  const known = eventOf(content, topics);
  const match = sender.isRouter || topics.length > 0 || known.event !== undefined ? null : tag.exec(content);
  if (!match) return { topics, message: content, ...known };
  const [whole, appName = '', processId] = match;
  return {
    appName,
    ...(processId === undefined || processId === '' ? {} : { processId }),
    topics,
    message: content.slice(whole.length),
  };
}

/** The event of a message, or of what follows the prefix that a logging rule may have put before it. */
function eventOf(message: string, topics: readonly string[]): { event?: RouterosEvent } {
  const event = readEvent(message, topics);
  if (event) return { event };
  const prefix = logPrefix.exec(message);
  const prefixed = prefix ? readEvent(message.slice(prefix[0].length), topics) : undefined;
  return prefixed ? { event: prefixed } : {};
}

const BYTE_ORDER_MARK = 0xfeff;
