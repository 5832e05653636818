import {
  apiPath,
  REVERT_COMMENT,
  REVERT_NAME,
  revertPolicies,
  revertScript,
  type Configuration,
  type Operation,
} from '@fairlead/routeros-config';
import type { RouterosSession, Row } from '@fairlead/routeros';

const SCRIPTS = '/system/script';
const SCHEDULERS = '/system/scheduler';
/** Schedulers that run the script: after a while, and at a boot before that. */
const TIMER = REVERT_NAME;
const AT_BOOT = `${REVERT_NAME}-boot`;

/** What the router itself does should nobody come back. */
export type GuardState =
  /** Nothing is there. */
  | 'none'
  /** It restores what was there when the time is up. */
  | 'armed'
  /** A script that nothing runs: what an apply leaves that was interrupted at its very end. */
  | 'left-over';

/** Something that is to be on the router was not there when it was read back. */
export class GuardError extends Error {
  override readonly name = 'GuardError';
}

/** @throws RouterosError */
export async function guardState(session: RouterosSession): Promise<GuardState> {
  const [schedulers, scripts] = await Promise.all([own(session, SCHEDULERS), own(session, SCRIPTS)]);
  if (schedulers.length > 0) return 'armed';
  return scripts.length > 0 ? 'left-over' : 'none';
}

/**
 * Puts a script on the router that undoes the operations, and schedulers that run it in `afterMs` and at a boot. They are read
 * back before this returns.
 * @throws RouterosError, GuardError
 */
export async function armGuard(
  session: RouterosSession,
  before: Configuration,
  operations: readonly Operation[],
  afterMs: number,
): Promise<void> {
  const source = revertScript(before, operations);
  const policy = revertPolicies(operations);
  await clearScripts(session);
  const common = { policy, comment: REVERT_COMMENT };
  await session.execute({
    command: `${SCRIPTS}/add`,
    attributes: { name: REVERT_NAME, source, ...common },
  });
  const [script] = await own(session, SCRIPTS);
  if (script?.['source'] !== source || script['invalid'] === 'true') {
    throw new GuardError('the script that restores the router is not on it as it was sent');
  }
  const job = { 'on-event': REVERT_NAME, ...common };
  await session.execute({
    command: `${SCHEDULERS}/add`,
    attributes: { name: TIMER, interval: `${Math.round(afterMs / 1_000)}s`, ...job },
  });
  await session.execute({
    command: `${SCHEDULERS}/add`,
    attributes: { name: AT_BOOT, 'start-time': 'startup', interval: '0s', ...job },
  });
  if ((await own(session, SCHEDULERS)).length !== 2) {
    throw new GuardError('the schedulers that restore the router are not on it as they were sent');
  }
}

/** Takes the schedulers away and then the script. From the last scheduler on, what was done stays. @throws RouterosError */
export async function disarmGuard(session: RouterosSession): Promise<void> {
  const schedulers = await own(session, SCHEDULERS);
  for (const name of [AT_BOOT, TIMER]) {
    const id = schedulers.find((row) => row['name'] === name)?.['.id'];
    if (id !== undefined)
      await session.execute({ command: `${SCHEDULERS}/remove`, attributes: { '.id': id } });
  }
  await clearScripts(session);
}

/** Has the router restore what was there at once. @throws RouterosError */
export async function pullGuard(session: RouterosSession): Promise<void> {
  const [script] = await own(session, SCRIPTS);
  if (script?.['.id'] === undefined) return;
  await session.execute({ command: `${SCRIPTS}/run`, attributes: { '.id': script['.id'] } });
}

async function clearScripts(session: RouterosSession): Promise<void> {
  for (const { '.id': id = '' } of await own(session, SCRIPTS)) {
    await session.execute({ command: `${SCRIPTS}/remove`, attributes: { '.id': id } });
  }
}

async function own(session: RouterosSession, path: string): Promise<readonly Row[]> {
  const command = {
    command: `${apiPath(path)}/print`,
    attributes: { '.proplist': '.id,name,source,invalid,comment' },
    queries: [`?comment=${REVERT_COMMENT}`],
  };
  return (await session.execute(command)).records;
}
