import type { Router } from '@fairlead/model';
import { LoginRefusedError, openRouterSession, type RouterosSession } from '@fairlead/routeros';
import { backoffMs, pause, type RateLimitedLog } from '@fairlead/runtime';
import { actuatorCommands } from './commands.ts';
import type { ActuatorConfig } from './config.ts';

/** A router that is steered. */
export type SteeredRouter = Router & {
  readonly api: NonNullable<Router['api']>;
  readonly steering: NonNullable<Router['steering']>;
};

/** A session that is logged in, with what was asked once. */
export interface LiveSession {
  readonly session: RouterosSession;
  /** 6 or 7; undefined when the router did not tell. */
  readonly majorVersion: number | undefined;
}

/** Keeps a session with one router open, so that a change need not wait for a login. */
export interface SessionKeeper {
  start(): void;
  stop(): Promise<void>;
  /** The session; connects now when there is none. */
  get(): Promise<LiveSession>;
  /** The session that is there or on its way; undefined when the router is not reachable. */
  peek(): Promise<LiveSession | undefined>;
  /** Ends a session that is in doubt, and gives a new one. */
  replace(live: LiveSession): Promise<LiveSession>;
}

export function createSessionKeeper(
  config: ActuatorConfig,
  router: SteeredRouter,
  warn: RateLimitedLog['warn'],
): SessionKeeper {
  let stopping = new AbortController();
  let running = Promise.resolve();
  let current: LiveSession | undefined;
  let connecting: Promise<LiveSession> | undefined;

  const open = async (): Promise<LiveSession> => {
    const session = await openRouterSession(router, {
      allow: actuatorCommands(router.steering.ipv6 !== undefined),
      timeoutMs: config.timeoutMs,
      // Some ten thousand connections.
      maxReplyBytes: 2 ** 22,
      signal: stopping.signal,
    });
    try {
      const live = { session, majorVersion: await readMajorVersion(session) };
      current = live;
      void session.closed.then(() => {
        if (current === live) current = undefined;
      });
      return live;
    } catch (error) {
      await session.close();
      throw error;
    }
  };

  const connect = (): Promise<LiveSession> => {
    connecting ??= open().finally(() => {
      connecting = undefined;
    });
    return connecting;
  };

  const keep = async (signal: AbortSignal): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      const { baseMs, maxMs, refusedMs } = config.backoff;
      let pauses = { baseMs, maxMs };
      try {
        const live = current ?? (await connect());
        failures = 0;
        await closedOrAborted(live.session, signal);
      } catch (error) {
        if (isAborted(signal)) return;
        failures += 1;
        if (error instanceof LoginRefusedError) pauses = { baseMs: refusedMs, maxMs: refusedMs };
        warn(router.name, { router: router.name, err: error, failures }, 'no session with the router');
      }
      await pause(backoffMs(failures, pauses), signal);
    }
  };

  return {
    start() {
      stopping = new AbortController();
      running = keep(stopping.signal);
    },
    async stop() {
      stopping.abort();
      await running;
      await current?.session.close();
    },
    get: async () => current ?? connect(),
    peek: async () => current ?? connecting?.catch(() => undefined),
    async replace(live) {
      if (current === live) current = undefined;
      await live.session.close();
      return current ?? connect();
    },
  };
}

/** The signal changes while others are awaited, which narrowing does not know. */
const isAborted = (signal: AbortSignal): boolean => signal.aborted;

function closedOrAborted(session: RouterosSession, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      signal.removeEventListener('abort', done);
      resolve();
    };
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
    void session.closed.then(done);
  });
}

async function readMajorVersion(session: RouterosSession): Promise<number | undefined> {
  const { records } = await session.execute({
    command: '/system/resource/print',
    attributes: { '.proplist': 'version' },
  });
  const major = /^(\d+)\./.exec(records[0]?.['version'] ?? '')?.[1];
  return major === undefined ? undefined : Number(major);
}
