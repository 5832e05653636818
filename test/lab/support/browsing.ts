import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, until } from '@fairlead/testkit';
import { type LabNetwork, SERVER } from './lab-network.ts';

/** A small file that was asked for over a connection of its own. */
export interface Visit {
  readonly startedMs: number;
  readonly endedMs: number;
  /** 0 when there was no connection. */
  readonly clientPort: number;
  /** The whole file came in time. */
  readonly isWhole: boolean;
}

/** Somebody on the LAN who asks a web server of the internet for a small file, four times a second and whatever became of the last. */
export interface Browsing {
  /** Those that have ended, by the time of their end. */
  readonly visits: readonly Visit[];
  /** Visits that are under way end by themselves, with the lab at the latest. */
  stop(): void;
}

export const WEB_PORT = 8_080;
const FILE_BYTES = 30_000;
const EVERY_MS = 250;
const PATIENCE_SECONDS = 10;

/** A web server on all addresses of the internet that ends with the lab. Resolves once it listens. */
export async function startWebServer(network: LabNetwork): Promise<{ readonly removeFiles: () => void }> {
  const folder = temporaryFolder('fairlead-lab-web-');
  writeFileSync(join(folder.path, 'file'), Buffer.alloc(FILE_BYTES));
  network.internet.start('python3', ['-m', 'http.server', String(WEB_PORT), '--directory', folder.path]);
  await until('the web server listens', async () => {
    const listening = await network.internet.run('ss', '-Hltn', `sport = :${WEB_PORT}`);
    return listening !== '';
  });
  return { removeFiles: () => folder.remove() };
}

export async function startBrowsing(network: LabNetwork): Promise<Browsing> {
  const { removeFiles } = await startWebServer(network);
  const visits: Visit[] = [];

  async function visit(): Promise<void> {
    const startedMs = Date.now();
    const form = ['-o', '/dev/null', '-w', '%{local_port} %{size_download}'];
    const url = `http://${SERVER}:${WEB_PORT}/file`;
    const child = network.lan.start('curl', ['-s', '-m', String(PATIENCE_SECONDS), ...form, url], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child, 'close');
    const [clientPort = 0, bytes = 0] = output.split(' ').map(Number);
    visits.push({ startedMs, endedMs: Date.now(), clientPort, isWhole: bytes === FILE_BYTES });
  }

  const timer = setInterval(() => void visit(), EVERY_MS);
  return {
    visits,
    stop() {
      clearInterval(timer);
      removeFiles();
    },
  };
}
