import type { Wan } from '@fairlead/model';
import type { RouterosSession } from '@fairlead/routeros';
import { type LeaseEntries, readLease } from './lease.ts';
import { type Properties, readMenu } from './read-menu.ts';
import type { LiveSession } from './session-keeper.ts';

/** What the router says about one WAN that is to get new connections. */
export interface WanReadings {
  /** Routing tables of the wanted name; empty before RouterOS 7, where a mark makes its table. */
  readonly tables: readonly Properties[];
  /** Default routes in the wanted table. */
  readonly defaultRoutes: readonly Properties[];
  /** The interface of the wanted WAN. */
  readonly interfaces: readonly Properties[];
}

/** What it says about all that a change depends on whatever the WAN. */
export interface SiteReadings {
  readonly majorVersion: number | undefined;
  /** Rules that put connections on the fast track, past mangle. */
  readonly fastTrackRules: readonly Properties[];
  readonly trafficMonitors: readonly Properties[];
  /** Who steers the router. */
  readonly lease: LeaseEntries;
}

export interface RailReadings extends WanReadings, SiteReadings {
  /** Rules with the comment of the steering rule. */
  readonly rules: readonly Properties[];
}

/** The rules with this comment, by an exact query: item numbers and ids of the past mean nothing. */
export async function readRules(session: RouterosSession, comment: string): Promise<readonly Properties[]> {
  return readMenu(
    session,
    '/ip/firewall/mangle',
    '.id,chain,action,comment,new-routing-mark,disabled,invalid,dynamic',
    [`?comment=${comment}`],
  );
}

/** The rules that mark for routing, whoever made them. @throws UnreadableError */
export async function readPartRules(session: RouterosSession): Promise<readonly Properties[]> {
  return readMenu(
    session,
    '/ip/firewall/mangle',
    '.id,chain,action,comment,connection-mark,per-connection-classifier,new-routing-mark,disabled,invalid,dynamic',
    ['?action=mark-routing'],
  );
}

/** Reads everything side by side: one round trip. */
export async function readRails(live: LiveSession, comment: string, wan: Wan): Promise<RailReadings> {
  const [rules, ofWan, ofSite] = await Promise.all([
    readRules(live.session, comment),
    readWan(live, wan),
    readSite(live),
  ]);
  return { rules, ...ofWan, ...ofSite };
}

/** @throws UnreadableError */
export async function readWan({ session, majorVersion }: LiveSession, wan: Wan): Promise<WanReadings> {
  const isV6 = majorVersion === 6;
  const [tables, defaultRoutes, interfaces] = await Promise.all([
    isV6 ? [] : readMenu(session, '/routing/table', '.id,name,disabled', [`?name=${wan.routingMark}`]),
    readMenu(session, '/ip/route', '.id,dst-address,active,disabled', [
      `?${isV6 ? 'routing-mark' : 'routing-table'}=${wan.routingMark}`,
      '?dst-address=0.0.0.0/0',
    ]),
    readMenu(session, '/interface', '.id,name,running,disabled', [`?name=${wan.interface}`]),
  ]);
  return { tables, defaultRoutes, interfaces };
}

/** @throws UnreadableError */
export async function readSite({ session, majorVersion }: LiveSession): Promise<SiteReadings> {
  const fastTrack = (menu: string): Promise<readonly Properties[]> =>
    readMenu(session, menu, '.id,action,connection-mark,disabled', ['?action=fasttrack-connection']);
  const [filterRules, mangleRules, trafficMonitors, lease] = await Promise.all([
    fastTrack('/ip/firewall/filter'),
    fastTrack('/ip/firewall/mangle'),
    readMenu(session, '/tool/traffic-monitor', '.id,name,disabled,on-event', []),
    readLease(session),
  ]);
  return { majorVersion, fastTrackRules: [...filterRules, ...mangleRules], trafficMonitors, lease };
}
