import { readCef } from './cef.ts';
import { eventOf } from './message-content.ts';
import { type Head, type Sender, timeOf, withPri } from './message-head.ts';
import type { ParsedMessage } from './parsed-message.ts';
import type { LeadingTime } from './time.ts';
import { readTopics } from './topics.ts';

const start = /^((?:[^ ]+ ){0,4}?)(?=CEF:\d{1,3}\|)/;

/** CEF in place of the message; the identity before it may hold spaces. */
export function readCefMessage(
  rest: string,
  head: Head,
  time: LeadingTime | undefined,
  sender: Sender,
): ParsedMessage | undefined {
  const match = rest.includes('CEF:') ? start.exec(rest) : null;
  const cef = match ? readCef(rest.slice(match[0].length)) : undefined;
  if (!match || !cef) return undefined;
  const hostname = match[0].trimEnd() || cef.deviceHost;
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
    ...(topics.length === 0 ? {} : eventOf(message, topics, sender)),
  };
}
