import { execFileSync } from 'node:child_process';

/** Tables of routing marks, and the rules that lead to them, are this and the number of the mark. */
const FIRST_TABLE = 1_000;
const FIRST_PRIORITY = 1_000;

export interface LinuxRoute {
  /** Number of a routing mark, or 0 for `main`. */
  readonly mark: number;
  /** IPv4 network, such as `0.0.0.0/0`. */
  readonly destination: string;
  readonly gateway: string;
}

/** Routes over gateways in the network namespace that this process runs in, a table for each routing mark. */
export interface LinuxRouting {
  /** Brings the namespace to these marks and routes. */
  set(marks: readonly number[], routes: readonly LinuxRoute[]): void;
}

export function createLinuxRouting(): LinuxRouting {
  const ruled = new Set<number>();
  /** Gateways by what names a route: table and destination. */
  let gateways = new Map<string, string>();
  return {
    set(marks, routes) {
      for (const mark of marks.filter((known) => !ruled.has(known))) {
        ip('rule', 'add', ...fwmarkRule(mark));
        ruled.add(mark);
      }
      const wanted = new Map(routes.map((route) => [nameOf(route), route.gateway]));
      for (const name of gateways.keys()) {
        // An interface that goes down takes its routes with it, so the route may be gone already.
        if (!wanted.has(name)) tryIp('route', 'del', ...name.split(' '));
      }
      for (const [name, gateway] of wanted) {
        if (gateways.get(name) !== gateway) ip('route', 'replace', ...name.split(' '), 'via', gateway);
      }
      gateways = wanted;
    },
  };
}

const nameOf = ({ mark, destination }: LinuxRoute): string =>
  `table ${mark === 0 ? 'main' : FIRST_TABLE + mark} ${destination}`;

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
