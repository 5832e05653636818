import { parseDuration } from '@fairlead/routeros';
import type { ConfigTable } from '../config/config-table.ts';
import { runScript, type ScriptHost } from './run-script.ts';
import { ScriptError } from './evaluate.ts';

/** After a boot the jobs of `start-time=startup` run this much later (manual, Scheduler). */
const STARTUP_DELAY_MS = 3_000;

/** Runs what `/system scheduler` says, by the router's own time. */
export interface SchedulerRunner {
  /** Runs what is due; what fell due more than once runs once. */
  advanced(): void;
  rebooted(): void;
  runCount(id: string): number;
}

/** `uptimeMs` counts from the boot. A job runs for the first time one interval after it was made or the router has booted. */
export function createSchedulerRunner(
  scheduler: ConfigTable,
  host: ScriptHost,
  uptimeMs: () => number,
): SchedulerRunner {
  const dueMs = new Map<string, number>();
  const runs = new Map<string, number>();
  const plan = (id: string, isBoot: boolean): void => {
    const properties = scheduler.find(id)?.properties ?? {};
    const intervalMs = parseDuration(properties['interval'] ?? '0s') ?? 0;
    if (intervalMs > 0) dueMs.set(id, uptimeMs() + intervalMs);
    else if (isBoot && properties['start-time'] === 'startup') dueMs.set(id, uptimeMs() + STARTUP_DELAY_MS);
    else dueMs.delete(id);
  };
  scheduler.onChange(({ kind, item }) => {
    if (kind === 'removed') dueMs.delete(item.id);
    else plan(item.id, false);
  });
  const run = (id: string): void => {
    const { name = '', 'on-event': onEvent = '' } = scheduler.find(id)?.properties ?? {};
    runs.set(id, (runs.get(id) ?? 0) + 1);
    const script = host.menus
      .find(({ path }) => path === '/system/script')
      ?.rows()
      .find(({ properties }) => properties['name'] === onEvent);
    try {
      runScript(script?.properties['source'] ?? onEvent, host);
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      host.log('script,error', `executing script ${name} from scheduler failed: ${error.message}`);
    }
  };
  return {
    advanced() {
      for (const [id, due] of [...dueMs]) {
        if (due > uptimeMs() || !dueMs.has(id)) continue;
        plan(id, false);
        if (scheduler.find(id)?.properties['disabled'] !== 'true') run(id);
      }
    },
    rebooted() {
      dueMs.clear();
      for (const { id } of scheduler.items()) plan(id, true);
    },
    runCount: (id) => runs.get(id) ?? 0,
  };
}
