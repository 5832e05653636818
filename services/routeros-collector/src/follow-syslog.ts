import type { EventLog, Subscription } from '@fairlead/event-log';
import { decodeFrames, FrameError, type InventorySource, SyslogMessage } from '@fairlead/model';
import type { Ledger, RateLimitedLog } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import type { Reread } from './poll-router.ts';

export interface SyslogFollowerDeps {
  readonly log: EventLog;
  readonly inventory: InventorySource;
  /** received = decoded (a reading was begun) + dropped by reason. */
  readonly hints: Ledger;
  readonly warn: RateLimitedLog['warn'];
  readonly reread: (router: string) => Reread;
}

/** Events about the link itself name an interface; those of netwatch name a host, so any may concern a WAN. */
const ofInterface =
  /^(?:link-(?:up|down)|pppoe-\w+|ppp-(?:connected|terminating|disconnected)|dhcp-client-(?:bound|lost))$/;
const ofHost = /^netwatch-(?:up|down)$/;
/** What a batch with such an event holds; one that holds none of these is not decoded. */
const MARKS = ['link-', 'pppoe-', 'ppp-', 'netwatch-', 'dhcp-client-'];

/**
 * Follows what routers say of their links. Syslog is text that anybody may send: it decides nothing and changes nothing,
 * it only makes the router be read now instead of a second later, and that no more often than the router bears.
 */
export function followSyslog({
  log,
  inventory,
  hints,
  warn,
  reread,
}: SyslogFollowerDeps): Promise<Subscription> {
  const { name } = topics.syslog;

  const take = (message: SyslogMessage): void => {
    const kind = message.eventKind;
    if (!ofInterface.test(kind) && !ofHost.test(kind)) return;
    hints.received();
    const outcome = judge(message);
    if (outcome === 'begun') hints.decoded();
    else hints.dropped(outcome);
  };

  const judge = (message: SyslogMessage): Reread | 'unknown-router' | 'not-a-wan' => {
    const router = inventory.current().find((entry) => entry.name === message.router);
    if (!router) return 'unknown-router';
    const about = message.eventFields.find((field) => field.name === 'interface')?.value;
    const concerns = ofHost.test(message.eventKind) || router.wans.some((wan) => wan.interface === about);
    return concerns ? reread(router.name) : 'not-a-wan';
  };

  return log.subscribe({
    topics: [name],
    startAt: 'latest',
    async onBatch({ records, partition }) {
      for (const { value, offset } of records) {
        const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
        if (!MARKS.some((mark) => text.includes(mark))) continue;
        try {
          decodeFrames(SyslogMessage, value).forEach(take);
        } catch (error) {
          if (!(error instanceof FrameError)) throw error;
          warn('syslog', { partition, offset, err: error }, 'broken batch of syslog');
        }
      }
    },
    onError: (error) => warn('syslog', { err: error }, 'syslog cannot be followed'),
  });
}
