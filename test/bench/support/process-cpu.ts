import { readdir, readFile } from 'node:fs/promises';

/** Linux counts processor time in hundredths of a second (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Seconds of processor time of a process by the names of its threads (proc(5)); empty when it has ended. */
export async function readThreadCpu(pid: number): Promise<Map<string, number>> {
  const seconds = new Map<string, number>();
  const folder = `/proc/${pid}/task`;
  for (const thread of await readdir(folder).catch(() => [])) {
    const stat = await readFile(`${folder}/${thread}/stat`, 'utf8').catch(() => undefined);
    if (stat === undefined) continue;
    const nameEnd = stat.lastIndexOf(')');
    // A thread that has ended takes its time with it to the process, so the main thread's name stands for those as well.
    const name = thread === String(pid) ? 'main' : stat.slice(stat.indexOf('(') + 1, nameEnd);
    seconds.set(name, (seconds.get(name) ?? 0) + cpuOf(stat.slice(nameEnd + 2)));
  }
  return seconds;
}

/** Seconds of processor time of a whole process, ended threads included. */
export async function readProcessCpu(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return cpuOf(stat.slice(stat.lastIndexOf(')') + 2));
}

/** Processes that this one started and whose program has this name. */
export async function findChildren(name: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (parent === process.pid && stat.includes(`(${name})`)) found.push(Number(pid));
  }
  return found;
}

/** Fields 14 and 15 of stat(5), utime and stime; the text begins at field 3. */
function cpuOf(stat: string): number {
  const fields = stat.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Seconds of processor time that the host gave to others while this machine wanted it (the eighth figure of `cpu` in proc(5)). */
export async function readStolenCpu(): Promise<number> {
  const [all = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  return Number(all.trim().split(/\s+/)[8] ?? 0) / TICKS_PER_SECOND;
}
