import { liveLimits, type RouterView, wanColumns, type WanRow } from '@fairlead/live-protocol';
import type { Channel } from './channel.ts';
import { createEventChannel, type EventChannel } from './event-channel.ts';
import { createStateChannel, type StateChannel } from './state-channel.ts';

/** The channels of all sites, or of some. */
export interface ChannelSet {
  /** What the sequence numbers of these channels belong to. */
  readonly epoch: string;
  /** Undefined for all. */
  readonly sites: ReadonlySet<string> | undefined;
  readonly wans: StateChannel<WanRow>;
  readonly routers: StateChannel<RouterView>;
  readonly events: EventChannel;
}

/** Samples of each WAN, oldest first. */
export type SampleHistory = ReadonlyMap<string, readonly WanRow[]>;

export function createChannelSet(
  epoch: string,
  sites: ReadonlySet<string> | undefined,
  history: SampleHistory,
): ChannelSet {
  return {
    epoch,
    sites,
    wans: createWanChannel(epoch, history),
    routers: createStateChannel<RouterView>({
      snapshot: (head, values, { nowMs }) => ({
        type: 'snap',
        ...head,
        ch: 'routers',
        epoch,
        now: nowMs,
        d: Object.fromEntries(values),
      }),
      delta: (head, d) => ({ type: 'delta', ch: 'routers', ...head, d }),
    }),
    events: createEventChannel(epoch),
  };
}

export const channelsOf = ({ wans, routers, events }: ChannelSet): readonly Channel[] => [
  wans,
  routers,
  events,
];

/** Fills a set that is made while the server runs with what another one has of its sites. */
export function fillChannelSet(
  set: ChannelSet,
  from: ChannelSet,
  siteOfRouter: (router: string) => string | undefined,
): void {
  const isOurs = (router: string): boolean => set.sites?.has(siteOfRouter(router) ?? '') ?? true;
  for (const router of from.routers.values()) {
    if (!isOurs(router.router)) continue;
    set.routers.set(router.router, router);
    for (const { key } of router.wans) {
      const row = from.wans.get(key);
      if (row) set.wans.set(key, row);
    }
  }
  for (const event of from.events.items()) if (isOurs(event.router)) set.events.append(event);
  for (const channel of channelsOf(set)) channel.commit();
}

/** The sites of a name of a channel: `wan/*` is of all, `wan/kirnak/*` of one. */
export function parseChannel(
  name: string,
): { readonly kind: 'wans' | 'routers' | 'events'; readonly site: string | undefined } | undefined {
  const [, kind, site] =
    /^(wan|routers|events)(?:\/([A-Za-z0-9][A-Za-z0-9_.-]{0,62}))?(?:\/\*)?$/.exec(name) ?? [];
  if (kind === undefined || (kind === 'wan') !== name.endsWith('/*')) return undefined;
  return { kind: kind === 'wan' ? 'wans' : (kind as 'routers' | 'events'), site };
}

function createWanChannel(epoch: string, history: SampleHistory): StateChannel<WanRow> {
  return createStateChannel<WanRow>({
    snapshot(head, values, { nowMs, historySeconds }) {
      const sinceMs = nowMs - historySeconds * 1_000;
      const most = Math.max(1, Math.floor(liveLimits.snapshotRows / Math.max(1, values.size)));
      const rows: Record<string, WanRow[]> = {};
      for (const [key, latest] of values) {
        const wanted = history.get(key)?.filter((row) => row[0] >= sinceMs) ?? [];
        rows[key] = wanted.length > 0 ? wanted.slice(-most) : [latest];
      }
      return { type: 'snap', ...head, ch: 'wan/*', epoch, now: nowMs, cols: [...wanColumns], rows };
    },
    delta: (head, d) => ({ type: 'delta', ch: 'wan/*', ...head, d }),
  });
}
