import { readFileSync, readlinkSync } from 'node:fs';

/** Names a process for as long as the machine runs; a process id alone is used again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot of the machine and namespace of the id; empty where the system does not tell. */
  readonly machine: string;
  /** When it started, in clock ticks since boot. */
  readonly startedAt: string;
}

export const ownIdentity = (): ProcessIdentity => ({
  pid: process.pid,
  machine: readMachine(),
  startedAt: readStat(process.pid)?.startedAt ?? '',
});

/**
 * Whether this process has surely ended. One on another machine, or in another container, is never surely gone: its
 * heartbeat has to tell.
 */
export function isSurelyGone(identity: ProcessIdentity, own: ProcessIdentity): boolean {
  if (own.machine === '' || identity.machine !== own.machine) return false;
  const stat = readStat(identity.pid);
  return stat === undefined || stat.hasEnded || stat.startedAt !== identity.startedAt;
}

function readMachine(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

/** State and start of a process, proc_pid_stat(5); undefined when there is none. */
function readStat(pid: number): { readonly hasEnded: boolean; readonly startedAt: string } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The name, in parentheses, may hold anything. Behind it the state is field 3, and the start field 22.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { hasEnded: fields[0] === 'Z' || fields[0] === 'X', startedAt: fields[19] ?? '' };
}
