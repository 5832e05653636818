import { once } from 'node:events';
import { type LabNetwork, SERVER } from './lab-network.ts';

export interface Download {
  /** Milliseconds after the beginning of the load. */
  readonly atMs: number;
  readonly bps: number;
  readonly seconds: number;
}

const FIRST_PORT = 5_301;
/** Port of the server of a download, by its index. */
export const portOf = (download: number): number => FIRST_PORT + download;
/** Ports of clients are given, so that a hash of addresses and ports is the same in every run. */
const FIRST_CLIENT_PORT = 40_000;

/** One iperf3 server for each download that a run has; a server serves one client at a time. */
export function startServers(network: LabNetwork, count: number): void {
  for (let index = 0; index < count; index += 1) {
    network.internet.start('iperf3', ['-s', '-p', String(portOf(index))]);
  }
}

/**
 * Starts the downloads at their times, each by an iperf3 of its own from the LAN.
 * @returns the bytes that each has received, when all have ended
 */
export function runDownloads(
  network: LabNetwork,
  downloads: readonly Download[],
): Promise<readonly number[]> {
  const startedMs = performance.now();
  return Promise.all(
    downloads.map(async ({ atMs, bps, seconds }, index): Promise<number> => {
      await untilTime(startedMs + atMs);
      const ports = ['-p', portOf(index), '--cport', FIRST_CLIENT_PORT + index];
      const args = ['-c', SERVER, ...ports, '-R', '-b', bps, '-t', seconds, '-J'].map(String);
      const child = network.lan.start('iperf3', args, { stdio: ['ignore', 'pipe', 'ignore'] });
      let output = '';
      child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
      await once(child, 'close');
      return receivedBytes(output);
    }),
  );
}

/** What arrived at the client; of a test that was cut short, what its intervals say. */
function receivedBytes(output: string): number {
  const { end, intervals = [] } = JSON.parse(output) as {
    readonly end?: { readonly sum_received?: { readonly bytes: number } };
    readonly intervals?: readonly { readonly sum: { readonly bytes: number } }[];
  };
  return end?.sum_received?.bytes ?? intervals.reduce((sum, interval) => sum + interval.sum.bytes, 0);
}

function untilTime(atMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - performance.now())));
}

/** A connection to a server, as connection tracking of the router has it. */
export interface LabConnection {
  /** Its two ports. */
  readonly key: string;
  /** Index of the download that it belongs to. */
  readonly download: number;
  readonly wan: string;
}

/** Which WAN the TCP connections through the router are on: answers come to the address of that WAN. */
export async function connectionWans(
  network: LabNetwork,
  wans: readonly { readonly name: string; readonly gateway: string }[],
): Promise<readonly LabConnection[]> {
  const listed = await network.router.run('conntrack', '-L', '-p', 'tcp');
  return listed.split('\n').flatMap((line) => {
    const [, clientPort, serverPort] = /sport=(\d+) dport=(\d+)/.exec(line) ?? [];
    const [, address] = /\bsrc=\S+ dst=(\S+)/.exec(line.slice(line.indexOf('dport='))) ?? [];
    const wan = wans.find(({ gateway }) => gateway.replace(/\.1$/, '.2') === address);
    if (clientPort === undefined || serverPort === undefined || !wan) return [];
    return [{ key: `${clientPort} ${serverPort}`, download: Number(serverPort) - FIRST_PORT, wan: wan.name }];
  });
}
