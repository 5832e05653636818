import { readdir, readFile } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';

/**
 * How much nicer than the rest of the process the engine's threads are, by the names that the engine gives them. On a
 * machine that is full what receives datagrams goes first, then what inserts, then what merges: a datagram that waits too
 * long is gone, an insert and a merge that wait are only later.
 */
const NICENESS: ReadonlyMap<string, number> = new Map([
  ['ThreadPool', 5],
  ['MergeMutate', 10],
]);
const MOST_NICE = 19;
const TASKS = '/proc/self/task';
/** The engine makes threads when it needs more, and they begin with the niceness of the one that made them. */
const LOOK_INTERVAL_MS = 2_000;

/**
 * Lets the engine's threads yield to the others of this process until it is stopped. On Linux niceness belongs to a thread
 * (setpriority(2), "C library/kernel differences"), and to be nicer needs no rights; elsewhere this does nothing.
 * @returns stops looking for new threads
 */
export function yieldEngineThreads(): () => void {
  if (process.platform !== 'linux') return () => undefined;
  let looking: Promise<void> | undefined;
  const look = (): void => {
    looking ??= yieldThreads().finally(() => (looking = undefined));
  };
  look();
  const timer = setInterval(look, LOOK_INTERVAL_MS).unref();
  return () => clearInterval(timer);
}

async function yieldThreads(): Promise<void> {
  const own = getPriority();
  for (const thread of await readdir(TASKS).catch(() => [])) {
    const niceness = NICENESS.get(await nameOf(thread));
    if (niceness !== undefined) setNiceness(Number(thread), Math.min(own + niceness, MOST_NICE));
  }
}

/** Empty for a thread that has ended. */
async function nameOf(thread: string): Promise<string> {
  const name = await readFile(`${TASKS}/${thread}/comm`, 'utf8').catch(() => '');
  return name.trimEnd();
}

/** A thread may end meanwhile, and a system may forbid it; then it competes as it did. */
function setNiceness(thread: number, niceness: number): void {
  try {
    if (getPriority(thread) < niceness) setPriority(thread, niceness);
  } catch {
    return;
  }
}
