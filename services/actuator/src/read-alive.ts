import { TrapError } from '@fairlead/routeros';
import { UnreadableError } from './read-menu.ts';
import type { LiveSession, SessionKeeper } from './session-keeper.ts';

/** A session that was idle may be dead without knowing; reading is safe to do twice. @throws what the second reading throws */
export async function readAlive<T>(
  keeper: SessionKeeper,
  known: LiveSession,
  read: (live: LiveSession) => Promise<T>,
): Promise<{ readonly live: LiveSession; readonly value: T }> {
  try {
    return { live: known, value: await read(known) };
  } catch (error) {
    if (error instanceof UnreadableError && error.cause instanceof TrapError) throw error;
    const live = await keeper.replace(known);
    return { live, value: await read(live) };
  }
}
