import { type ConfigurationChange, readChange } from './configuration-change.ts';
import { type DhcpEvent, readDhcp } from './dhcp-event.ts';
import type { KnownNames } from './event-name.ts';
import { type FirewallLine, readFirewallLine } from './firewall-line.ts';
import { type LinkEvent, readLink } from './link-event.ts';
import { type LoginEvent, readLogin } from './login-event.ts';
import { type NetwatchEvent, readNetwatch } from './netwatch-event.ts';
import { type PppEvent, readPpp } from './ppp-event.ts';
import { readReboot, type RebootEvent } from './reboot-event.ts';
import { readWireless, type WirelessEvent } from './wireless-event.ts';

interface ScriptMessage {
  readonly kind: 'script';
  readonly level?: string;
}

/** What a message of RouterOS says, as far as it says something that is known. All text in it is the sender's. */
export type RouterosEvent =
  | LinkEvent
  | LoginEvent
  | DhcpEvent
  | PppEvent
  | NetwatchEvent
  | ConfigurationChange
  | WirelessEvent
  | RebootEvent
  | ScriptMessage
  | FirewallLine;

/** The highest first. */
const scriptLevels = ['critical', 'error', 'warning', 'info', 'debug'];

interface Reader {
  /** Topics, one of which such a message has, where topics are known. */
  readonly topics: readonly string[];
  readonly read: (text: string, topics: readonly string[], known: KnownNames) => RouterosEvent | undefined;
}

/** The order is that of how often they are met. */
const readers: readonly Reader[] = [
  { topics: ['firewall'], read: readFirewallLine },
  { topics: ['system', 'account'], read: readLogin },
  { topics: ['dhcp'], read: (text, _topics, known) => readDhcp(text, known) },
  {
    topics: ['interface', 'lte', 'wireless', 'wifi'],
    read: (text, _topics, known) => readLink(text, known),
  },
  { topics: ['pppoe', 'ppp', 'l2tp', 'pptp', 'sstp', 'ovpn'], read: readPpp },
  { topics: ['wireless', 'wifi', 'caps'], read: readWireless },
  { topics: ['netwatch'], read: readNetwatch },
  { topics: ['system'], read: readReboot },
  { topics: ['system'], read: (text, _topics, known) => readChange(text, known) },
];

/**
 * What a message of RouterOS 6 or 7 says; undefined when nothing that is known. Where the message came with topics they
 * decide what it can be, so that a script or a DHCP client cannot write another's words; without them the words do.
 * Wording: RouterOS manual, "Log"; for firewall lines and failed logins the parsers of crowdsec and fail2ban.
 */
export function readEvent(
  text: string,
  topics: readonly string[],
  known: KnownNames,
): RouterosEvent | undefined {
  if (topics.includes('script')) return readScript(topics);
  for (const reader of readers) {
    if (topics.length > 0 && !reader.topics.some((topic) => topics.includes(topic))) continue;
    const event = reader.read(text, topics, known);
    if (event) return event;
  }
  return undefined;
}

function readScript(topics: readonly string[]): RouterosEvent {
  const level = scriptLevels.find((name) => topics.includes(name));
  return { kind: 'script', ...(level === undefined ? {} : { level }) };
}
