import type { Wan } from '@fairlead/model';
import type { RouterosSession } from '@fairlead/routeros';
import { type Family, IPV4, IPV6 } from './family.ts';
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
  /** Absent where IPv6 is left alone. */
  readonly ipv6?: Ipv6Readings;
}

/** What it says about IPv6, where that is steered. */
export interface Ipv6Readings {
  /** Rules of IPv6 with the comment of the steering rule. */
  readonly rules: readonly Properties[];
  /** Default routes of IPv6 in the wanted table. */
  readonly defaultRoutes: readonly Properties[];
  readonly fastTrackRules: readonly Properties[];
}

/** The rules with this comment, by an exact query: item numbers and ids of the past mean nothing. */
export async function readRules(
  session: RouterosSession,
  comment: string,
  { mangle }: Family,
): Promise<readonly Properties[]> {
  return readMenu(session, mangle, '.id,chain,action,comment,new-routing-mark,disabled,invalid,dynamic', [
    `?comment=${comment}`,
  ]);
}

/** The rules that mark for routing, whoever made them. @throws UnreadableError */
export async function readPartRules(session: RouterosSession): Promise<readonly Properties[]> {
  return readMenu(
    session,
    IPV4.mangle,
    '.id,chain,action,comment,connection-mark,per-connection-classifier,new-routing-mark,disabled,invalid,dynamic',
    ['?action=mark-routing'],
  );
}

/** Reads everything side by side: one round trip. @throws UnreadableError */
export async function readRails(
  live: LiveSession,
  comment: string,
  wan: Wan,
  steersIpv6: boolean,
): Promise<RailReadings> {
  const [rules, ofWan, ofSite, ipv6] = await Promise.all([
    readRules(live.session, comment, IPV4),
    readWan(live, wan),
    readSite(live),
    steersIpv6 ? readIpv6(live, comment, wan) : undefined,
  ]);
  return { rules, ...ofWan, ...ofSite, ...(ipv6 && { ipv6 }) };
}

/** RouterOS 6 is not asked: it cannot steer IPv6. @throws UnreadableError */
async function readIpv6(live: LiveSession, comment: string, wan: Wan): Promise<Ipv6Readings> {
  if (live.majorVersion === 6) return { rules: [], defaultRoutes: [], fastTrackRules: [] };
  const [rules, defaultRoutes, fastTrackRules] = await Promise.all([
    readRules(live.session, comment, IPV6),
    readDefaultRoutes(live, wan, IPV6),
    readFastTrack(live.session, IPV6),
  ]);
  return { rules, defaultRoutes, fastTrackRules };
}

/** @throws UnreadableError */
export async function readWan(live: LiveSession, wan: Wan): Promise<WanReadings> {
  const { session, majorVersion } = live;
  const [tables, defaultRoutes, interfaces] = await Promise.all([
    majorVersion === 6
      ? []
      : readMenu(session, '/routing/table', '.id,name,disabled', [`?name=${wan.routingMark}`]),
    readDefaultRoutes(live, wan, IPV4),
    readMenu(session, '/interface', '.id,name,running,disabled', [`?name=${wan.interface}`]),
  ]);
  return { tables, defaultRoutes, interfaces };
}

const readDefaultRoutes = (
  { session, majorVersion }: LiveSession,
  { routingMark }: Wan,
  { route, everything }: Family,
): Promise<readonly Properties[]> =>
  readMenu(session, route, '.id,dst-address,active,disabled', [
    `?${majorVersion === 6 ? 'routing-mark' : 'routing-table'}=${routingMark}`,
    `?dst-address=${everything}`,
  ]);

/** @throws UnreadableError */
export async function readSite({ session, majorVersion }: LiveSession): Promise<SiteReadings> {
  const [fastTrackRules, trafficMonitors, lease] = await Promise.all([
    readFastTrack(session, IPV4),
    readMenu(session, '/tool/traffic-monitor', '.id,name,disabled,on-event', []),
    readLease(session),
  ]);
  return { majorVersion, fastTrackRules, trafficMonitors, lease };
}

async function readFastTrack(
  session: RouterosSession,
  { filter, mangle }: Family,
): Promise<readonly Properties[]> {
  const read = (menu: string): Promise<readonly Properties[]> =>
    readMenu(session, menu, '.id,action,connection-mark,disabled', ['?action=fasttrack-connection']);
  const [filterRules, mangleRules] = await Promise.all([read(filter), read(mangle)]);
  return [...filterRules, ...mangleRules];
}
