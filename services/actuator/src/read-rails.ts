import type { Wan } from '@fairlead/model';
import type { RouterosSession } from '@fairlead/routeros';
import { type LeaseEntries, readLease } from './lease.ts';
import { type Properties, readMenu } from './read-menu.ts';
import type { LiveSession } from './session-keeper.ts';

/** What the router says about everything that a change depends on. */
export interface RailReadings {
  readonly majorVersion: number | undefined;
  /** Rules with the comment of the steering rule. */
  readonly rules: readonly Properties[];
  /** Routing tables of the wanted name; empty before RouterOS 7, where a mark makes its table. */
  readonly tables: readonly Properties[];
  /** Default routes in the wanted table. */
  readonly defaultRoutes: readonly Properties[];
  /** The interface of the wanted WAN. */
  readonly interfaces: readonly Properties[];
  /** Rules that put connections on the fast track, past mangle. */
  readonly fastTrackRules: readonly Properties[];
  readonly trafficMonitors: readonly Properties[];
  /** Who steers the router. */
  readonly lease: LeaseEntries;
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

/** Reads everything side by side: one round trip. */
export async function readRails(
  { session, majorVersion }: LiveSession,
  comment: string,
  wan: Wan,
): Promise<RailReadings> {
  const isV6 = majorVersion === 6;
  const fastTrack = (menu: string): Promise<readonly Properties[]> =>
    readMenu(session, menu, '.id,action,connection-mark,disabled', ['?action=fasttrack-connection']);
  const [rules, tables, defaultRoutes, interfaces, filterRules, mangleRules, trafficMonitors, lease] =
    await Promise.all([
      readRules(session, comment),
      isV6 ? [] : readMenu(session, '/routing/table', '.id,name,disabled', [`?name=${wan.routingMark}`]),
      readMenu(session, '/ip/route', '.id,dst-address,active,disabled', [
        `?${isV6 ? 'routing-mark' : 'routing-table'}=${wan.routingMark}`,
        '?dst-address=0.0.0.0/0',
      ]),
      readMenu(session, '/interface', '.id,name,running,disabled', [`?name=${wan.interface}`]),
      fastTrack('/ip/firewall/filter'),
      fastTrack('/ip/firewall/mangle'),
      readMenu(session, '/tool/traffic-monitor', '.id,name,disabled,on-event', []),
      readLease(session),
    ]);
  return {
    majorVersion,
    rules,
    tables,
    defaultRoutes,
    interfaces,
    fastTrackRules: [...filterRules, ...mangleRules],
    trafficMonitors,
    lease,
  };
}
