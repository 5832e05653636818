import { takeTopics } from './hostname.ts';
import { eventOf } from './message-content.ts';
import { type Head, type Sender, timeOf, withPri } from './message-head.ts';
import type { ParsedMessage } from './parsed-message.ts';
import { readLeadingTime, readMonthDayTime } from './time.ts';

const logPrint = /^\s*(?:\d+ +)?time=(\S+(?: [\d:]+)?) +topics=(\S*) +(?:[\w-]+=\S+ +)*message="(.*)"\s*$/s;
const clock = /^ *\d\d:\d\d:\d\d /;

/** RouterOS's default format: `topics message`. A single topic is believed of a router only. */
export function readRouterosDefault(body: string, head: Head, sender: Sender): ParsedMessage | undefined {
  const { topics, content } = takeTopics(body, sender.isRouter && head.length === 0);
  if (topics.length === 0) return undefined;
  return {
    format: 'routeros-default',
    ...withPri(head),
    topics,
    message: content,
    ...eventOf(content, topics, sender),
  };
}

/** `/log print` of today, whose times have no date, or of this year, whose dates have no year. */
export function readShortPrint(body: string, head: Head, sender: Sender): ParsedMessage | undefined {
  if (head.length > 0) return undefined;
  const time = readMonthDayTime(body);
  const length = time ? time.length + 1 : clock.exec(body)?.[0].length;
  const read = length === undefined ? undefined : readRouterosDefault(body.slice(length), head, sender);
  return read && { ...read, format: 'routeros-print', ...timeOf(time) };
}

/** `/log print detail`. */
export function readLogPrint(body: string, head: Head, sender: Sender): ParsedMessage | undefined {
  const match = head.length === 0 && body.includes('message="') ? logPrint.exec(body) : null;
  if (!match) return undefined;
  const [, time = '', list = '', quoted = ''] = match;
  const topics = list.split(',');
  const message = quoted.replace(/\\(["\\])/g, '$1');
  return {
    format: 'routeros-print',
    ...timeOf(readLeadingTime(time) ?? readMonthDayTime(time)),
    topics,
    message,
    ...eventOf(message, topics, sender),
  };
}
