import { RouterosError, type RouterosSession } from '@fairlead/routeros';
import { pause } from '@fairlead/runtime';
import { NETWATCH_LISTEN } from './commands.ts';

/** What is asked of a change; only that there is one matters. */
const PROPERTIES = '.id,status';
/** Changes that wait; they say the same. */
const MAX_ROWS = 8;

export interface FollowOptions {
  /** How long to wait with a change that came too soon. */
  readonly intervalMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** @returns false when it is too soon after the last one */
  reread(): boolean;
}

/**
 * Tells of what a router's netwatch does as it happens: until the session ends, or at once where the router does not let it
 * be followed. What has changed is for the next reading to say.
 */
export async function followNetwatch(
  session: RouterosSession,
  { intervalMs, signal, reread }: FollowOptions,
): Promise<void> {
  try {
    const changes = session.stream(
      { command: NETWATCH_LISTEN, attributes: { '.proplist': PROPERTIES } },
      { overflow: 'drop-oldest', maxRows: MAX_ROWS, signal },
    );
    const iterator = changes[Symbol.asyncIterator]();
    while ((await iterator.next()).done !== true) {
      // What came too soon after another waits, so that the last of many is never the one that is not read.
      while (!reread() && !signal.aborted) await pause(intervalMs, signal);
    }
  } catch (error) {
    // A refusal is no failure of the session, and the end of that is told where it is waited for.
    if (!(error instanceof RouterosError)) throw error;
  }
}
