import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '@fairlead/testkit';
import { FAIRLEAD } from '../../chaos/support/fleet.ts';
import type { HeapInUse } from './accelerate.child.ts';
import { SIMULATED_TIME_VARIABLE, type SimulatedTime } from './simulated-time.ts';

const READY_TIMEOUT_MS = 300_000;
const HEAP_TIMEOUT_MS = 30_000;
/** As long as systemd waits for it. */
const STOP_TIMEOUT_MS = 60_000;
const ACCELERATE = new URL('accelerate.child.ts', import.meta.url).href;

/** Starts a script whose time is the site's; what it says goes into a file. */
export function startAccelerated(
  script: string,
  args: readonly string[],
  {
    time,
    logFile,
    nodeOptions = [],
  }: {
    readonly time: SimulatedTime;
    readonly logFile: string;
    readonly nodeOptions?: readonly string[];
  },
): ChildProcess {
  const child = fork(script, args, {
    execArgv: [...nodeOptions, '--import', import.meta.resolve('tsx'), '--import', ACCELERATE],
    env: { ...process.env, [SIMULATED_TIME_VARIABLE]: JSON.stringify(time) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Ctrl-C is for the soak, which then stops them.
    detached: true,
  });
  const output = createWriteStream(logFile, { flags: 'a' });
  child.stdout?.pipe(output, { end: false });
  child.stderr?.pipe(output, { end: false });
  // A run that breaks off must leave nothing running.
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('close', () => {
    process.off('exit', kill);
    output.end();
  });
  return child;
}

/** `fairlead run` on a data directory, all services in one process. */
export interface Pipeline {
  readonly pid: number;
  readonly url: string;
  readonly storeUrl: string;
  /** Whether it still runs. */
  isUp(): boolean;
  /** Nothing when it has too much else to do. */
  readHeap(): Promise<HeapInUse | undefined>;
  /** Makes it read its routers again. */
  reload(): void;
  /** Resolves with the exit code; null when it did not stop in time and was killed. */
  stop(): Promise<number | null>;
}

export async function startPipeline(folder: string, time: SimulatedTime): Promise<Pipeline> {
  const logFile = join(folder, 'fairlead.log');
  const child = startAccelerated(FAIRLEAD, ['run', '--config', join(folder, 'fairlead.yaml')], {
    time,
    logFile,
    nodeOptions: ['--expose-gc'],
  });
  const { pid = 0 } = child;
  const isUp = (): boolean => child.exitCode === null && child.signalCode === null;
  const { url, storeUrl } = await until(
    'the pipeline runs',
    () => {
      if (!isUp()) throw new Error(`fairlead ended; see ${logFile}`);
      try {
        return JSON.parse(readFileSync(join(folder, 'data', 'run', `${pid}.json`), 'utf8')) as {
          readonly url: string;
          readonly storeUrl: string;
        };
      } catch {
        return undefined;
      }
    },
    { timeoutMs: READY_TIMEOUT_MS },
  );
  return {
    pid,
    url,
    storeUrl,
    isUp,
    async readHeap() {
      const answer = once(child, 'message', { signal: AbortSignal.timeout(HEAP_TIMEOUT_MS) });
      child.send('heap');
      try {
        const [heap] = (await answer) as [HeapInUse];
        return heap;
      } catch {
        return undefined;
      }
    },
    reload: () => void child.kill('SIGHUP'),
    async stop() {
      if (!isUp()) return child.exitCode;
      const closed = once(child, 'close');
      child.send('real time');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await closed;
      clearTimeout(late);
      return child.exitCode;
    },
  };
}
