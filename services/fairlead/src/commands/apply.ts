import type { Router } from '@fairlead/model';
import { generate, planChanges, setupNotes, type Operation } from '@fairlead/routeros-config';
import type { FairleadConfig } from '../config.ts';
import { exitCodes, UsageError } from '../exit.ts';
import { confirm } from '../router-setup/confirm.ts';
import { countOperations, describePlan } from '../router-setup/describe-plan.ts';
import { describeSite, parseVersion } from '../router-setup/describe-site.ts';
import { guardState } from '../router-setup/guard.ts';
import { changeGuarded, type ChangeEnd } from '../router-setup/guarded-change.ts';
import { findRouter, sessionOpener, type RouterOptions } from '../router-setup/open-setup-session.ts';
import { readRouter, type RouterRead } from '../router-setup/read-router.ts';
import { recordEvent } from '../router-setup/record-event.ts';
import { applyCommands } from '../router-setup/setup-commands.ts';
import { createUndoFiles } from '../router-setup/undo-files.ts';
import { untilSignal } from '../signal.ts';

export interface ApplyOptions extends RouterOptions {
  readonly dryRun: boolean;
  readonly yes: boolean;
  /** Milliseconds after which the router restores itself. */
  readonly revertAfter: number;
}

const talk = (line: string): void => void process.stderr.write(`${line}\n`);

/**
 * `fairlead apply ROUTER`: makes a router what its configuration says, or leaves it as it was. Exit code 0 only when it is as
 * wanted at the end.
 */
export async function applySetup(name: string, options: ApplyOptions): Promise<number> {
  const { config, router } = await findRouter(name, options.config);
  const open = sessionOpener(router, options, applyCommands);
  const reading = await readUnguarded(router, open);
  const version = parseVersion(reading.version);
  const site = describeSite(router, version);
  const plan = planChanges(generate(site), reading.configuration);
  const { script, talk: lines } = describePlan({
    router: router.name,
    of: `RouterOS ${reading.version}`,
    plan,
    notes: setupNotes(site, reading.configuration),
    current: reading.configuration,
  });
  for (const line of lines) talk(line);
  process.stdout.write(script);
  if (plan.conflicts.length > 0) return exitCodes.failed;
  if (plan.operations.length === 0) return exitCodes.ok;
  if (options.dryRun) return exitCodes.differs;
  if (!options.yes && !(await confirm(`Change ${router.name} as shown above?`))) {
    talk('nothing was changed');
    return exitCodes.failed;
  }
  return change(config, router, reading, plan.operations, { ...options, open });
}

/** @throws UsageError while the router is still to restore itself */
export async function readUnguarded(
  router: Router,
  open: ReturnType<typeof sessionOpener>,
): Promise<RouterRead> {
  const session = await open();
  try {
    if ((await guardState(session)) === 'armed') {
      throw new UsageError(
        `${router.name} is being changed by somebody, or that was interrupted: it restores itself within some minutes; try again then`,
      );
    }
    return await readRouter(session);
  } finally {
    await session.close();
  }
}

async function change(
  config: FairleadConfig,
  router: Router,
  reading: RouterRead,
  operations: readonly Operation[],
  { open, revertAfter }: { readonly open: ReturnType<typeof sessionOpener>; readonly revertAfter: number },
): Promise<number> {
  const undoFiles = createUndoFiles(config.dataDirectory, router.name);
  const path = await undoFiles.write({
    router: router.name,
    appliedAt: new Date().toISOString(),
    routerOs: reading.version,
    operations,
    before: reading.configuration,
  });
  talk(`what is there now is kept in ${path}`);
  const end = await changeGuarded(reading, operations, changeDeps(open, revertAfter));
  if (end.outcome === 'restored') await undoFiles.setAside(path, 'not-applied');
  await recordEvent(
    config,
    router,
    end.outcome === 'done' ? 'setup-applied' : 'setup-failed',
    `${countOperations(operations)}; ${sayEnd(router, end, revertAfter)}; undo: ${path}`,
  );
  talk(sayEnd(router, end, revertAfter));
  return end.outcome === 'done' ? exitCodes.ok : exitCodes.failed;
}

/** A change on the terminal: steps are told, and Ctrl-C has the router restored. */
export function changeDeps(
  open: ReturnType<typeof sessionOpener>,
  revertAfterMs: number,
): Parameters<typeof changeGuarded>[2] {
  let isInterrupted = false;
  void untilSignal().then(() => (isInterrupted = true));
  return {
    open,
    revertAfterMs,
    nowMs: () => performance.now(),
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    isInterrupted: () => isInterrupted,
    tell: (step) => talk(`  ${step}`),
  };
}

/** How a change ended, for people. */
export function sayEnd(router: Router, end: ChangeEnd, revertAfterMs: number): string {
  switch (end.outcome) {
    case 'done':
      return `${router.name} is as the configuration says`;
    case 'restored':
      return `${router.name} is as it was before, because: ${end.reason}`;
    case 'left-to-router':
      return `${router.name} restores itself within ${Math.round(revertAfterMs / 1_000)} s, because: ${end.reason}`;
  }
}
