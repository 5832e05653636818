import { execFileSync } from 'node:child_process';

/** Tables of routing marks, and the rules that lead to them, are this and the number of the mark. */
const FIRST_TABLE = 1_000;
const FIRST_PRIORITY = 1_000;

/** The default route of a table; none where there is no gateway. */
export interface DefaultRoute {
  /** Number of a routing mark, or 0 for `main`. */
  readonly mark: number;
  readonly gateway: string | undefined;
}

/** Default routes of the network namespace that this process runs in, one table for each routing mark. */
export interface LinuxRouting {
  /** Brings the namespace to these routes. */
  set(routes: readonly DefaultRoute[]): void;
}

export function createLinuxRouting(): LinuxRouting {
  const gateways = new Map<number, string | undefined>();
  return {
    set(routes) {
      for (const { mark, gateway } of routes) {
        if (mark > 0 && !gateways.has(mark)) ip('rule', 'add', ...fwmarkRule(mark));
        if (gateways.has(mark) && gateways.get(mark) === gateway) continue;
        gateways.set(mark, gateway);
        const table = mark === 0 ? 'main' : String(FIRST_TABLE + mark);
        // An interface that goes down takes its routes with it, so the route may be gone already.
        if (gateway === undefined) tryIp('route', 'del', 'default', 'table', table);
        else ip('route', 'replace', 'default', 'via', gateway, 'table', table);
      }
    },
  };
}

const fwmarkRule = (mark: number): string[] =>
  ['fwmark', mark, 'lookup', FIRST_TABLE + mark, 'pref', FIRST_PRIORITY + mark].map(String);

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function tryIp(...args: readonly string[]): void {
  try {
    ip(...args);
  } catch {
    // Nothing was there.
  }
}
