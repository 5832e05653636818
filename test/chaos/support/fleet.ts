import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');
export const FAIRLEAD = join(ROOT, 'services/fairlead/src/main.ts');

/** A process of the system under test, which is started again whenever it was killed. */
export interface Unit {
  readonly name: string;
  /** Highest resident memory of any of its lives, bytes. */
  readonly highestRssBytes: number;
  /** How often it ended without being told to, and was started again. */
  readonly ownExits: number;
  /** Resolves when it says that it is ready. */
  start(): Promise<void>;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  pause(): void;
  resume(): void;
  sampleMemory(): void;
}

export interface UnitOptions {
  readonly name: string;
  readonly script: string;
  /** Asked at each start. */
  readonly args: () => readonly string[];
  /** What it says on stdout or stderr once it works. */
  readonly ready: RegExp;
  /** Takes everything that it says. */
  readonly logFile: string;
  readonly onReady?: (said: string) => void;
}

const READY_TIMEOUT_MS = 300_000;
const RESTART_MS = 500;

/** A run that breaks off must leave nothing running. */
const endings = new Set<() => void>();
process.once('exit', () => endings.forEach((end) => end()));

export function createUnit({ name, script, args, ready, logFile, onReady }: UnitOptions): Unit {
  let child: ChildProcess | undefined;
  endings.add(() => child?.kill('SIGKILL'));
  let gone: Promise<number | null> = Promise.resolve(0);
  let isWanted = false;
  let highestRssBytes = 0;
  let ownExits = 0;

  const isEndWanted = (): boolean => !isWanted;

  /** Starts it, and again when it ends by itself, as a supervisor does, until it is ready. */
  const start = async (): Promise<void> => {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    isWanted = true;
    while (!(await startOnce(deadline))) {
      if (isEndWanted()) return;
      if (performance.now() > deadline) throw new Error(`${name} does not get ready; see ${logFile}`);
      ownExits += 1;
      await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
    }
  };

  /** True when it is ready, false when it ended before, or was ended because it was not ready at the deadline. */
  const startOnce = (deadline: number): Promise<boolean> => {
    const started = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script, ...args()], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = started;
    let isReady = false;
    let said = '';
    const late = setTimeout(() => started.kill('SIGKILL'), deadline - performance.now());
    const output = createWriteStream(logFile, { flags: 'a' });
    gone = new Promise((resolved) => started.once('close', (code) => resolved(code)));
    return new Promise<boolean>((resolved) => {
      const hear = (text: Buffer): void => {
        output.write(text);
        if (isReady) return;
        said += text.toString();
        if (!ready.test(said)) return;
        isReady = true;
        clearTimeout(late);
        onReady?.(said);
        resolved(true);
      };
      started.stdout.on('data', hear);
      started.stderr.on('data', hear);
      void gone.then(() => {
        clearTimeout(late);
        output.end();
        if (!isReady) resolved(false);
        else if (isWanted && child === started) {
          ownExits += 1;
          void start().catch(() => undefined);
        }
      });
    });
  };

  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    isWanted = false;
    child?.kill(signal);
    return gone;
  };

  return {
    name,
    get highestRssBytes() {
      return highestRssBytes;
    },
    start,
    get ownExits() {
      return ownExits;
    },
    async kill() {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    sampleMemory() {
      if (child?.pid === undefined) return;
      highestRssBytes = Math.max(highestRssBytes, readRssBytes(child.pid));
    },
  };
}

/** Resident memory, proc_pid_status(5); 0 for a process that is gone. */
function readRssBytes(pid: number): number {
  try {
    const [, kibibytes = '0'] =
      /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes) * 1_024;
  } catch {
    return 0;
  }
}
