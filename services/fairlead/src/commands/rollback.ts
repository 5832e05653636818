import { rollbackOperations, showOperations } from '@fairlead/routeros-config';
import { exitCodes, UsageError } from '../exit.ts';
import { confirm } from '../router-setup/confirm.ts';
import { countOperations } from '../router-setup/describe-plan.ts';
import { changeGuarded } from '../router-setup/guarded-change.ts';
import { findRouter, sessionOpener } from '../router-setup/open-setup-session.ts';
import { recordEvent } from '../router-setup/record-event.ts';
import { applyCommands } from '../router-setup/setup-commands.ts';
import { createUndoFiles } from '../router-setup/undo-files.ts';
import { type ApplyOptions, changeDeps, readUnguarded, sayEnd } from './apply.ts';

/**
 * `fairlead rollback ROUTER`: takes back the newest apply that was not taken back yet, guarded as an apply is. Exit code 0 only
 * when the router is as it was before.
 */
export async function rollBack(name: string, options: ApplyOptions): Promise<number> {
  const { config, router } = await findRouter(name, options.config);
  const undoFiles = createUndoFiles(config.dataDirectory, router.name);
  const newest = await undoFiles.newest();
  if (!newest)
    throw new UsageError(`there is nothing to take back: no apply to ${router.name} is on record here`);
  const { path, undo } = newest;
  const open = sessionOpener(router, options, applyCommands);
  const reading = await readUnguarded(router, open);
  const operations = rollbackOperations(undo.before, undo.operations, reading.configuration);
  const talk = (line: string): void => void process.stderr.write(`${line}\n`);
  if (operations.length === 0) {
    talk(`${router.name} is as it was before ${undo.appliedAt} already`);
    if (!options.dryRun) await undoFiles.setAside(path, 'rolled-back');
    return exitCodes.ok;
  }
  talk(`${router.name}: back to before ${undo.appliedAt}: ${countOperations(operations)}`);
  process.stdout.write(showOperations(reading.configuration, operations));
  if (options.dryRun) return exitCodes.differs;
  if (!options.yes && !(await confirm(`Change ${router.name} back as shown above?`))) {
    talk('nothing was changed');
    return exitCodes.failed;
  }
  const end = await changeGuarded(reading, operations, changeDeps(open, options.revertAfter));
  const isDone = end.outcome === 'done';
  if (isDone) await undoFiles.setAside(path, 'rolled-back');
  const said = isDone
    ? `${router.name} is as it was before ${undo.appliedAt}`
    : sayEnd(router, end, options.revertAfter);
  await recordEvent(config, router, isDone ? 'setup-rolled-back' : 'setup-failed', said);
  talk(said);
  return isDone ? exitCodes.ok : exitCodes.failed;
}
