import type { ConfigTable } from './config/config-table.ts';

/** What tests make the API do wrong. Change the fields at any time; they hold until changed back. */
export interface Faults {
  /** Every login is refused, as with a wrong password. */
  refuseLogin: boolean;
  /** The command is carried out, and the connection closes in the middle of its reply. */
  closeMidReply: boolean;
  /** The command is carried out and never answered. */
  noReply: boolean;
  /** The answer comes this much later. */
  delayMs: number;
  /** Commands are not carried out but answered with `!fatal` and this reason, and the connection closes. */
  fatal: string | undefined;
  /** Commands are not carried out but refused with this message. */
  trap: string | undefined;
  /** Which commands, such as `/ip/firewall/mangle/set`, closeMidReply, noReply, delayMs, fatal and trap concern. */
  appliesTo: (command: string) => boolean;
  /** Whether a ping to beyond this gateway is lost, asked for each. */
  losePing: (gateway: string) => boolean;
  /** Whether the steering rule is there once, not at all, or twice. Changes the configuration at once. */
  steeringRule: 'once' | 'missing' | 'doubled';
}

/** No fault at first. */
export function createFaults(mangle: ConfigTable, steeringComment: string): Faults {
  const steering = (): ReturnType<ConfigTable['items']> =>
    mangle.items().filter(({ properties }) => properties['comment'] === steeringComment);
  /** As it was when it was there last. */
  let original = steering()[0]?.properties;
  const wanted = { missing: 0, once: 1, doubled: 2 } as const;
  /** The rule stands before those that make its choice stick. */
  const firstSticky = (): string | undefined =>
    mangle.items().find(({ properties }) => properties['routing-mark'] !== undefined)?.id;
  return {
    refuseLogin: false,
    closeMidReply: false,
    noReply: false,
    delayMs: 0,
    fatal: undefined,
    trap: undefined,
    appliesTo: () => true,
    losePing: () => false,
    get steeringRule() {
      return (['missing', 'once', 'doubled'] as const)[Math.min(2, steering().length)] ?? 'doubled';
    },
    set steeringRule(state) {
      original = steering()[0]?.properties ?? original;
      // One that was gone before it was ever looked at does not come back by this.
      if (!original) return;
      while (steering().length < wanted[state]) mangle.add(original, firstSticky());
      for (const rule of steering().slice(wanted[state])) mangle.remove(rule.id);
    },
  };
}
