import { backoffMs, pause } from '@fairlead/runtime';
import type { LiveSession, SessionKeeper } from './session-keeper.ts';

/** Attempts to read over a new session after a reply was lost. */
const READ_ATTEMPTS = 3;

/** Reads over a new session in the place of one that lost a reply; undefined when that is impossible too. Does not throw. */
export async function readAnew<T>(
  keeper: SessionKeeper,
  lost: LiveSession,
  read: (live: LiveSession) => Promise<T>,
): Promise<{ readonly live: LiveSession; readonly value: T } | undefined> {
  let doubtful = lost;
  for (let attempt = 1; attempt <= READ_ATTEMPTS; attempt += 1) {
    try {
      doubtful = await keeper.replace(doubtful);
      return { live: doubtful, value: await read(doubtful) };
    } catch {
      await pause(backoffMs(attempt, { baseMs: 200 }));
    }
  }
  return undefined;
}
