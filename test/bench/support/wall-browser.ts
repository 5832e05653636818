import { join } from 'node:path';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { repositoryRoot, runProgram } from '../../../tools/run-program.ts';
import { readProcessCpu } from './process-cpu.ts';

/** Builds the page into a folder. */
export async function buildWallboard(into: string): Promise<string> {
  const dist = join(into, 'dist');
  const { exitCode, output } = await runProgram('vite', ['build', '--outDir', dist], {
    cwd: join(repositoryRoot, 'services/wallboard'),
    capture: true,
  });
  if (exitCode !== 0) throw new Error(output);
  return dist;
}

/** Chromium with one page on a television's size, and what its profiler and the system say of it. */
export interface WallBrowser {
  readonly page: Page;
  /** Chromium's own figures (`Performance.getMetrics`): processor time of the main thread's tasks, heap, counts of nodes. */
  metrics(): Promise<ReadonlyMap<string, number>>;
  /** Seconds of processor time of all processes of this Chromium, by proc(5). */
  cpuSeconds(): Promise<number>;
  collectGarbage(): Promise<void>;
  close(): Promise<void>;
}

/** @param prepare a script that runs in the page before its own */
export async function openWallBrowser({ prepare = '' } = {}): Promise<WallBrowser> {
  const browser: Browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--headless=new',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const page = await browser.newPage({ viewport: { width: 1_920, height: 1_080 } });
  if (prepare !== '') await page.addInitScript(prepare);
  const devtools: CDPSession = await page.context().newCDPSession(page);
  // Processor time, not time by the clock: what others on the machine take is not the page's.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const whole = await browser.newBrowserCDPSession();
  return {
    page,
    async metrics() {
      const { metrics } = await devtools.send('Performance.getMetrics');
      return new Map(metrics.map(({ name, value }) => [name, value]));
    },
    async cpuSeconds() {
      const { processInfo } = await whole.send('SystemInfo.getProcessInfo');
      const each = await Promise.all(processInfo.map(({ id }) => readProcessCpu(id)));
      return each.reduce((sum, seconds) => sum + seconds, 0);
    },
    async collectGarbage() {
      await devtools.send('HeapProfiler.collectGarbage');
    },
    close: () => browser.close(),
  };
}
