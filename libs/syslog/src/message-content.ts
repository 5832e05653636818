import type { KnownNames } from './event-name.ts';
import type { Sender } from './message-head.ts';
import type { ParsedMessage } from './parsed-message.ts';
import { readEvent, type RouterosEvent } from './routeros-event.ts';

const tag = /^([^\s:[\]]{1,48})(?:\[([^\]\s]{0,64})\])?:(?: |$)/;
/** A tag that the message follows at once, or whose process id stands for the colon; no URL, MAC, IPv6 or path. */
const looseTag =
  /^(?![\da-f]{2}:[\da-f]{2}:)([a-z][\w./-]{1,47})(?:(?:\[(\d{1,10})\])?:(?=[^\s:/\\])|\[(\d{1,10})\] )/i;
const logPrefix = /^[^\s:]{1,64}: /;

type Content = Pick<ParsedMessage, 'appName' | 'processId' | 'topics' | 'message' | 'event'>;

/**
 * RouterOS sends no tag, and its messages may begin like one (`pppoe-out1: connected`): what a router sends, what has
 * topics and what is a known message of RouterOS stays whole.
 */
export function readContent(content: string, topics: readonly string[], sender: Sender): Content {
  const known = eventOf(content, topics, sender);
  const match =
    sender.isRouter || topics.length > 0 || known.event !== undefined
      ? null
      : (tag.exec(content) ?? looseTag.exec(content));
  if (!match) return { topics, message: content, ...known };
  const [whole, appName = '', beforeColon, alone] = match;
  const processId = beforeColon ?? alone ?? '';
  return {
    appName,
    ...(processId === '' ? {} : { processId }),
    topics,
    message: content.slice(whole.length),
  };
}

const fromRouteros: KnownNames = { isRouteros: true };
const fromAnybody: KnownNames = { isRouteros: false };

/** The event of a message, or of what follows the prefix that a logging rule may have put before it. */
export function eventOf(
  message: string,
  topics: readonly string[],
  { isRouter, interfaces }: Sender,
): { event?: RouterosEvent } {
  const isRouteros = isRouter || topics.length > 0;
  const known = interfaces ? { isRouteros, interfaces } : isRouteros ? fromRouteros : fromAnybody;
  const text = message.trimEnd();
  const event = readEvent(text, topics, known);
  if (event) return { event };
  const prefix = logPrefix.exec(text);
  const prefixed = prefix
    ? readEvent(text.slice(prefix[0].length), topics, { ...known, isBehindPrefix: true })
    : undefined;
  return prefixed ? { event: prefixed } : {};
}
