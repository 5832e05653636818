import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { until } from '@fairlead/testkit';

const ROOT = resolve(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'services/fairlead/src/main.ts');

export interface FairleadProcess {
  readonly pid: number;
  /** Everything written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  /** Sends the signal and resolves when the process has ended. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
}

/** Starts the command line as a user does, in one process of its own. */
export function startFairlead(
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** For Node.js itself, such as `--cpu-prof`. */
    readonly nodeOptions?: readonly string[];
  } = {},
): FairleadProcess {
  const nodeOptions = [...(options.nodeOptions ?? []), '--import', import.meta.resolve('tsx')];
  const child = spawn(process.execPath, [...nodeOptions, MAIN, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const ended = new Promise<number | string>((done) => {
    child.once('close', (code, signal) => {
      done(code ?? signal ?? 'unknown');
    });
  });
  return {
    pid: pidOf(child),
    stdout,
    stderr,
    ended,
    stop(signal = 'SIGTERM') {
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs a command to its end. */
export async function runFairlead(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<{ readonly exitCode: number | string; readonly stdout: string; readonly stderr: string }> {
  const child = startFairlead(args, options);
  const exitCode = await child.ended;
  return { exitCode, stdout: child.stdout(), stderr: child.stderr() };
}

/** What the pipeline on this data directory says of itself, once it runs. */
export async function untilRunning(
  dataDirectory: string,
  child: FairleadProcess,
  timeoutMs = 120_000,
): Promise<{ readonly url: string; readonly storeUrl: string }> {
  let exit: number | string | undefined;
  void child.ended.then((code) => (exit = code));
  return until(
    'the pipeline runs',
    async () => {
      if (exit !== undefined) throw new Error(`fairlead ended with ${exit}:\n${child.stderr()}`);
      try {
        const run = JSON.parse(await readFile(join(dataDirectory, 'run', `${child.pid}.json`), 'utf8')) as {
          pid: number;
          url: string;
          storeUrl: string;
        };
        return run.pid === child.pid ? run : undefined;
      } catch {
        return undefined;
      }
    },
    { timeoutMs },
  );
}

/** Rows of a statement, asked over the ClickHouse HTTP interface. */
export async function askStore<Row>(storeUrl: string, sql: string): Promise<Row[]> {
  const response = await fetch(storeUrl, { method: 'POST', body: `${sql} FORMAT JSONEachRow` });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** Samples of a Prometheus page: `name{labels}` to value. */
export async function readMetrics(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  const samples = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(
      (line) =>
        [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))] as const,
    );
  return new Map(samples);
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process did not start');
  return child.pid;
}
