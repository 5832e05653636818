import type { Sender } from './message-head.ts';
import { readSingleTopic, readTopics } from './topics.ts';

/** Who sent a message, and what stands behind the name. */
export interface LeadingHostname {
  /** Empty when there is none. */
  readonly hostname: string;
  readonly topics: readonly string[];
  readonly content: string;
}

/** Words of a /system identity in front of the topics. Any more would sooner be a message that speaks of topics. */
const MAX_HOSTNAME_WORDS = 4;

/** A message of Cisco, which needs no host name before it. */
const mnemonic = /^(?:: )?(?=%[A-Z][\w-]*-\d-\w+:)/;
/** A tag where the host name should be. */
const tagAtOnce = /^[^\s:[\]]{1,48}(?:\[[^\]\s]{0,64}\])?:(?: |$)/;
/** How AIX names the host that a message is of. */
const forwarded = /^Message forwarded from ([\w.-]{1,255}): /;
/** A tag that a relay put between the host name and the topics. */
const relayTag = /(?:^| )[^\s:[\]]{1,48}(?:\[[^\]\s]{0,64}\])?:$/;

/**
 * The host name is one word, except that a RouterOS identity may hold spaces: where topics follow they show its end.
 * Without topics the end of such a name cannot be known.
 */
export function readHostname(rest: string, sender: Sender): LeadingHostname {
  const { identity } = sender;
  if (identity !== undefined && rest.startsWith(`${identity} `)) {
    return { hostname: identity, ...takeTopics(rest.slice(identity.length + 1)) };
  }
  const stranger = sender.isRouter ? undefined : readStranger(rest);
  if (stranger) return stranger;
  let start = 0;
  let first = rest.length;
  for (let word = 0; word <= MAX_HOSTNAME_WORDS; word += 1) {
    const space = rest.indexOf(' ', start);
    const end = space === -1 ? rest.length : space;
    if (word === 0) first = end;
    const topics = readTopicsOf(rest.slice(start, end));
    if (topics.length > 0) {
      const before = rest.slice(0, Math.max(0, start - 1));
      const hostname = before.endsWith(':') ? before.replace(relayTag, '') : before;
      return { hostname, topics, content: rest.slice(end + 1) };
    }
    if (space === -1) break;
    start = end + 1;
  }
  const content = rest.slice(first + 1);
  return {
    hostname: rest.slice(0, first),
    topics: [],
    content: sender.isRouter ? content : content.replace(mnemonic, ''),
  };
}

/** What only those write that are no routers of the inventory. */
function readStranger(rest: string): LeadingHostname | undefined {
  const mark = mnemonic.exec(rest);
  if (mark) return { hostname: '', topics: [], content: rest.slice(mark[0].length) };
  if (rest.startsWith('Message forwarded from ')) {
    const match = forwarded.exec(rest);
    if (match) return { hostname: match[1] ?? '', topics: [], content: rest.slice(match[0].length) };
  }
  if (!tagAtOnce.test(rest)) return undefined;
  return { hostname: '', ...takeTopics(rest) };
}

/** Topics at the beginning, and the message behind them. One topic alone counts only where it `mayBeSingle`. */
export function takeTopics(text: string, mayBeSingle = false): Omit<LeadingHostname, 'hostname'> {
  const space = text.indexOf(' ');
  const end = space === -1 ? text.length : space;
  const word = text.slice(0, end);
  const list = readTopicsOf(word);
  const topics = list.length === 0 && mayBeSingle ? readSingleTopic(word) : list;
  return { topics, content: topics.length > 0 ? text.slice(end + 1) : text };
}

/** Some relays put a colon behind the topics, as if they were a tag. */
function readTopicsOf(word: string): readonly string[] {
  return readTopics(word.endsWith(':') ? word.slice(0, -1) : word);
}
