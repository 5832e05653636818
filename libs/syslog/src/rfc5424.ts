import { takeTopics } from './hostname.ts';
import { eventOf } from './message-content.ts';
import { type Head, type Sender, timeOf, withPri } from './message-head.ts';
import type { ParsedMessage } from './parsed-message.ts';
import { type LeadingStructuredData, readStructuredData } from './structured-data.ts';
import { readLeadingTime } from './time.ts';
import { readTopics } from './topics.ts';

/** RFC 5424 section 6.2 behind PRI: version, time, host, app, process, message id. */
const header = /^[1-9]\d{0,2} (-|\d{4}-\d\d-\d\dT\S+) (\S+) (\S+) (\S+) (\S+)(?: |$)/;
const NO_DATA: LeadingStructuredData = { length: 0, parameters: [] };
const BYTE_ORDER_MARK = 0xfeff;

/**
 * RFC 5424 of any version; undefined for what is none. A relay may have made it of a message of RouterOS: then its topics
 * are the name of the application or stand before the message.
 */
export function readRfc5424(body: string, head: Head, sender: Sender): ParsedMessage | undefined {
  const match = header.exec(body);
  if (!match) return undefined;
  const [whole, time = '', hostname = '-', appName = '-', processId = '-', messageId = '-'] = match;
  const data = readStructuredData(body, whole.length) ?? NO_DATA;
  const rest = body.slice(whole.length + data.length);
  const isWhole = data !== NO_DATA && (rest === '' || rest.startsWith(' '));
  // Without a time it is a header only when all of it is well-formed; with one, what is wrong behind it is the message.
  if (!isWhole && time === '-' && rest !== '') return undefined;
  const text = isWhole
    ? rest.slice(rest.charCodeAt(1) === BYTE_ORDER_MARK ? 2 : 1)
    : body.slice(whole.length);
  return {
    format: 'rfc5424',
    ...withPri(head),
    ...timeOf(readLeadingTime(time)),
    ...(hostname === '-' ? {} : { hostname }),
    ...(appName === '-' ? {} : { appName }),
    ...(processId === '-' ? {} : { processId }),
    ...(messageId === '-' ? {} : { messageId }),
    ...(data.parameters.length === 0 || !isWhole ? {} : { structuredData: data.parameters }),
    ...readText(text, appName, sender),
  };
}

function readText(
  text: string,
  appName: string,
  sender: Sender,
): Pick<ParsedMessage, 'topics' | 'message' | 'event'> {
  const named = readTopics(appName);
  const { topics, content } = named.length > 0 ? { topics: named, content: text } : takeTopics(text);
  if (topics.length === 0 && appName !== '-' && !sender.isRouter) return { topics, message: text };
  return { topics, message: content, ...eventOf(content, topics, sender) };
}
