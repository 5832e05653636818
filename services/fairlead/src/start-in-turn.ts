import { type Component, pause, type Telemetry } from '@fairlead/runtime';

export interface TurnOptions {
  /** Nothing is started before; rejects when that is given up. */
  readonly opened: Promise<unknown>;
  /** Called when stopping: what waits has to reject. */
  readonly giveUp: () => void;
  readonly telemetry: Pick<Telemetry, 'log' | 'health' | 'setHealth'>;
  /** How long others wait for this, while it is not opened and when it is; for good unless given. */
  readonly waitMs?: { readonly unopened: number; readonly opened: number };
}

export interface InTurn {
  /** The same components, and behind them one that starts them all. */
  readonly components: readonly Component[];
  /** Whether all of them have started. */
  readonly isDone: boolean;
  /** Rejects when one of them fails to start after others did not wait any more. */
  readonly failed: Promise<never>;
}

const WAITING = 'waits for the event log';

/**
 * Components that start one after the other when something is there that may be long in coming, while the rest of the process
 * runs. What waits is not healthy. They are stopped like all others, after the waiting was given up.
 */
export function startInTurn(components: readonly Component[], options: TurnOptions): InTurn {
  const { opened, giveUp, telemetry, waitMs } = options;
  let isDone = false;
  let isGivenUp = false;
  let starting: Promise<void> | undefined;
  const waiting = new Set(components);
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  failed.catch(() => undefined);

  const startAll = async (): Promise<void> => {
    await opened;
    for (const component of components) {
      if (isGivenUp) return;
      await component.start();
      waiting.delete(component);
      // Many say of themselves how they are.
      if (telemetry.health().parts[component.name] === WAITING) telemetry.setHealth(component.name, true);
      telemetry.log.debug({ component: component.name }, 'started');
    }
    isDone = true;
  };

  const starter: Component = {
    name: 'services',
    async start() {
      starting = startAll();
      if (!waitMs) return starting;
      starting.catch((error: unknown) => {
        if (!isGivenUp) fail(error);
      });
      const isOpen = await isSettled(opened, waitMs.unopened);
      if (isOpen && (await isSettled(starting, waitMs.opened))) return starting;
      const names = [...waiting].map(({ name }) => name);
      for (const name of names) telemetry.setHealth(name, false, WAITING);
      telemetry.log.warn({ services: names }, `starting ${WAITING}`);
    },
    async stop() {
      isGivenUp = true;
      giveUp();
      await starting?.catch(() => undefined);
    },
  };

  return {
    components: [...components.map((component) => ({ ...component, start: nothing })), starter],
    get isDone() {
      return isDone;
    },
    failed,
  };
}

const nothing = async (): Promise<void> => undefined;

async function isSettled(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
  const waiting = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  const isInTime = await Promise.race([settled, pause(withinMs, waiting.signal).then(() => false)]);
  waiting.abort();
  return isInTime;
}
