import { parseFlag, type RouterosSession } from '@fairlead/routeros';
import { type LeaseEntries, readLease } from '../lease.ts';
import { type Properties, readMenu } from '../read-menu.ts';
import type { LiveSession } from '../session-keeper.ts';

const MENU = '/ip/firewall/connection';
export const PRINT_CONNECTIONS = `${MENU}/print`;
export const REMOVE_CONNECTION = `${MENU}/remove`;

/** What a removal of connections depends on. */
export interface RemovalReadings {
  /** Enabled rules that mark routing. */
  readonly routingRules: readonly Properties[];
  /** Routing tables with a default route that is in use. */
  readonly routedTables: ReadonlySet<string>;
  /** Names of the interfaces that run. */
  readonly running: ReadonlySet<string>;
  readonly lease: LeaseEntries;
}

/** Reads everything side by side: one round trip. @throws UnreadableError */
export async function readRemoval({ session, majorVersion }: LiveSession): Promise<RemovalReadings> {
  const table = majorVersion === 6 ? 'routing-mark' : 'routing-table';
  const [rules, routes, interfaces, lease] = await Promise.all([
    readMenu(session, '/ip/firewall/mangle', '.id,action,comment,new-routing-mark,disabled', [
      '?action=mark-routing',
    ]),
    readMenu(session, '/ip/route', `.id,dst-address,${table},active,disabled`, ['?dst-address=0.0.0.0/0']),
    readMenu(session, '/interface', '.id,name,running,disabled', []),
    readLease(session),
  ]);
  return {
    routingRules: rules.filter((rule) => parseFlag(rule['disabled']) !== true),
    routedTables: namesOf(
      routes.filter((route) => parseFlag(route['active']) === true),
      table,
    ),
    running: namesOf(
      interfaces.filter((entry) => parseFlag(entry['running']) === true),
      'name',
    ),
    lease,
  };
}

/**
 * Ids of the connections with this mark. A router that answers with others too is not believed: what does not say
 * the mark itself is left out.
 * @throws UnreadableError
 */
export async function readMarked(session: RouterosSession, mark: string): Promise<readonly string[]> {
  const rows = await readMenu(session, MENU, '.id,connection-mark', [`?connection-mark=${mark}`]);
  return rows.flatMap((row) => (row['connection-mark'] === mark ? (row['.id'] ?? []) : []));
}

function namesOf(items: readonly Properties[], property: string): ReadonlySet<string> {
  return new Set(items.flatMap((item) => item[property] ?? []));
}
