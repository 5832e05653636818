import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { LabNetwork } from './lab-network.ts';

/** Connections through the router from the beginning of the watch on, as its connection tracking tells them. */
export interface ConnectionWatch {
  /**
   * When the last connection to a port of a server was opened, in milliseconds of the clock.
   * @throws RangeError when there was none
   */
  lastOpenedMs(serverPort: number): number;
}

/** Ends with the lab. */
export async function watchConnections(network: LabNetwork): Promise<ConnectionWatch> {
  const child = network.router.start('conntrack', ['-E', '-e', 'NEW', '-o', 'timestamp', '-p', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const openedMs = new Map<number, number>();
  if (!child.stdout) throw new Error('conntrack has no output');
  createInterface(child.stdout).on('line', (line) => {
    const [, seconds, port] = /^\s*\[([\d.]+)\].*? dport=(\d+)/.exec(line) ?? [];
    if (port !== undefined) openedMs.set(Number(port), Number(seconds) * 1_000);
  });
  await once(child, 'spawn');
  return {
    lastOpenedMs(serverPort) {
      const atMs = openedMs.get(serverPort);
      if (atMs === undefined) throw new RangeError(`no connection to port ${serverPort}`);
      return atMs;
    },
  };
}
