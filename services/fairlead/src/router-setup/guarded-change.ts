import {
  apiCommand,
  apiPath,
  applyOperations,
  differingMenus,
  idsAfter,
  menuReadings,
  configurationOfRows,
  settingsKey,
  type Configuration,
  type Operation,
  type Properties,
} from '@fairlead/routeros-config';
import { type RouterosSession, RouterosError } from '@fairlead/routeros';
import { armGuard, disarmGuard, GuardError, guardState, pullGuard } from './guard.ts';
import { readRouter, type RouterRead } from './read-router.ts';

/** How a change of a router ended. */
export type ChangeEnd =
  | { readonly outcome: 'done' }
  /** The router is as it was before. */
  | { readonly outcome: 'restored'; readonly reason: string }
  /** Nobody could see to it that it is restored: the router does so by itself within the time it was given. */
  | { readonly outcome: 'left-to-router'; readonly reason: string };

export interface ChangeDeps {
  /** Opens a new session. */
  open(): Promise<RouterosSession>;
  /** After this time the router restores itself, milliseconds. */
  readonly revertAfterMs: number;
  nowMs(): number;
  pause(ms: number): Promise<void>;
  /** Whether somebody wants it to end: what was done is then undone. */
  isInterrupted(): boolean;
  /** Told of each step. */
  tell(step: string): void;
}

/** What went otherwise than it should. */
class ChangeError extends Error {
  override readonly name = 'ChangeError';
}

/** Of its time the router gives this share to the change; the rest is for seeing to it that all is well. */
const SHARE_FOR_CHANGE = 0.6;
const ATTEMPTS = 5;
const PAUSE_MS = 1_000;

/**
 * Changes a router so that it is either as wanted or as before: first the router learns how to restore itself, then the
 * operations are done one at a time, each read back; then a new session must find all as wanted; only then is the guard taken
 * away. Whatever goes wrong, it is restored at once, or by the router itself when it cannot be reached.
 * @throws RouterosError, GuardError when nothing was changed yet
 */
export async function changeGuarded(
  before: RouterRead,
  operations: readonly Operation[],
  deps: ChangeDeps,
): Promise<ChangeEnd> {
  const wanted = applyOperations(before.configuration, operations);
  const session = await deps.open();
  const armedAtMs = deps.nowMs();
  try {
    await armGuard(session, before.configuration, operations, deps.revertAfterMs);
    deps.tell(
      `the router restores itself in ${Math.round(deps.revertAfterMs / 1_000)} s unless it is told otherwise`,
    );
    const untilMs = armedAtMs + deps.revertAfterMs * SHARE_FOR_CHANGE;
    await changeOneByOne(session, before, operations, () => {
      if (deps.isInterrupted()) throw new ChangeError('interrupted');
      if (deps.nowMs() > untilMs)
        throw new ChangeError('the router answers too slowly for its time to restore itself');
    });
    deps.tell(`${operations.length} changes made, each read back`);
    await proveReachable(wanted, operations, deps);
    deps.tell('a new session finds everything as wanted');
    await disarmSurely(deps);
    return { outcome: 'done' };
  } catch (error) {
    if (!isExpected(error)) throw error;
    deps.tell(`${error.message}: the router is restored`);
    // The session of the change may be the only way in that is left.
    await pullGuard(session).catch(() => undefined);
    return await restore({ before: before.configuration, wanted }, operations, error.message, deps);
  } finally {
    await session.close();
  }
}

const isExpected = (error: unknown): error is Error =>
  error instanceof RouterosError || error instanceof GuardError || error instanceof ChangeError;

async function changeOneByOne(
  session: RouterosSession,
  before: RouterRead,
  operations: readonly Operation[],
  check: () => void,
): Promise<void> {
  const ids = new Map(before.ids);
  let now = before.configuration;
  for (const operation of operations) {
    check();
    const of = ids.get(operation.menu) ?? [];
    const { ret } = await session.execute(apiCommand(operation, of));
    ids.set(operation.menu, idsAfter(operation, of, ret ?? ''));
    now = applyOperations(now, [operation]);
    await readBack(
      session,
      operation,
      operation.kind === 'add' ? (ret ?? '') : (of[placeOf(operation)] ?? ''),
      now,
    );
  }
}

/** What was written must be read back, and what was removed be gone. */
async function readBack(
  session: RouterosSession,
  operation: Operation,
  id: string,
  wanted: Configuration,
): Promise<void> {
  const { menu } = operation;
  const reading = menuReadings.find((entry) => entry.menu === menu);
  const queries =
    operation.kind !== 'settings'
      ? [`?.id=${id}`]
      : operation.item === undefined
        ? []
        : [`?name=${operation.item}`];
  const { records } = await session.execute({
    command: `${apiPath(menu)}/print`,
    attributes: { '.proplist': ['.id', ...(reading?.properties ?? [])].join(',') },
    queries,
  });
  const found = configurationOfRows(new Map([[menu, records]])).configuration;
  const key = operation.kind === 'settings' ? settingsKey(operation) : menu;
  const expected = objectAfter(operation, wanted);
  const isAsWanted =
    operation.kind === 'settings'
      ? isSame(key, found.settings.get(key), wanted.settings.get(key))
      : isSame(key, found.lists.get(menu)?.[0], expected);
  if (!isAsWanted) throw new ChangeError(`${menu}: what was written is not what is read back`);
}

function objectAfter(operation: Operation, { lists }: Configuration): Properties | undefined {
  const list = lists.get(operation.menu) ?? [];
  switch (operation.kind) {
    case 'add':
      return operation.properties;
    case 'change':
      return list[operation.at];
    case 'move':
      return list[operation.to];
    default:
      return undefined;
  }
}

/** Where the object of an operation stands in its menu before it. */
const placeOf = (operation: Operation): number =>
  operation.kind === 'move' ? operation.from : operation.kind === 'settings' ? -1 : operation.at;

function isSame(menu: string, a: Properties | undefined, b: Properties | undefined): boolean {
  const only = (object: Properties | undefined): Configuration => ({
    lists: new Map([[menu, object ? [object] : []]]),
    settings: new Map(),
  });
  return differingMenus(only(a), only(b), [menu]).length === 0;
}

async function proveReachable(
  wanted: Configuration,
  operations: readonly Operation[],
  deps: ChangeDeps,
): Promise<void> {
  const session = await deps.open();
  try {
    const { configuration } = await readRouter(session);
    const differing = differingMenus(wanted, configuration, menusOf(operations));
    if (differing.length > 0) {
      throw new ChangeError(`somebody else has changed it meanwhile: ${differing.join(', ')}`);
    }
  } finally {
    await session.close();
  }
}

const menusOf = (operations: readonly Operation[]): string[] => operations.map(({ menu }) => menu);

/** A lost answer leaves open whether the guard is still there: look, and try again. */
async function disarmSurely(deps: ChangeDeps): Promise<void> {
  await withAttempts(deps, async (session) => {
    await disarmGuard(session);
    if ((await guardState(session)) !== 'none') throw new ChangeError('the guard cannot be taken away');
  });
}

async function restore(
  { before, wanted }: { readonly before: Configuration; readonly wanted: Configuration },
  operations: readonly Operation[],
  reason: string,
  deps: ChangeDeps,
): Promise<ChangeEnd> {
  let end: ChangeEnd = { outcome: 'restored', reason };
  try {
    await withAttempts(deps, async (session) => {
      const state = await guardState(session);
      if (state !== 'none') await pullGuard(session);
      const { configuration } = await readRouter(session);
      const differing = differingMenus(before, configuration, menusOf(operations));
      if (differing.length === 0) await disarmGuard(session);
      else if (state === 'none' && isAsWanted(wanted, configuration, operations)) end = { outcome: 'done' };
      else throw new ChangeError(`not as it was before: ${differing.join(', ')}`);
    });
    return end;
  } catch (error) {
    if (!isExpected(error)) throw error;
    return { outcome: 'left-to-router', reason: `${reason}; then ${error.message}` };
  }
}

const isAsWanted = (wanted: Configuration, now: Configuration, operations: readonly Operation[]): boolean =>
  differingMenus(wanted, now, menusOf(operations)).length === 0;

/** Does something on a new session, again after a pause when it fails. @throws what the last attempt threw */
async function withAttempts(
  { open, pause }: ChangeDeps,
  work: (session: RouterosSession) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const session = await open();
      try {
        await work(session);
        return;
      } finally {
        await session.close();
      }
    } catch (error) {
      if (!isExpected(error) || attempt === ATTEMPTS) throw error;
      await pause(PAUSE_MS);
    }
  }
}
