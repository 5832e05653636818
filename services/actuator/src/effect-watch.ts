import { type Actuation, type ActuationEffect, type Clock, type Decision, Effect } from '@fairlead/model';
import { pause, type RateLimitedLog } from '@fairlead/runtime';
import type { EffectConfig } from './config.ts';
import { type Aim, inSeconds, judgeEffect, type Observed } from './judge-effect.ts';
import { readTraffic } from './read-traffic.ts';
import type { SessionKeeper, SteeredRouter } from './session-keeper.ts';

/** Looks where new connections go after a confirmed change. */
export interface EffectWatch {
  /** Begins to look, in the background. What was watched before ends, because what it would see is two changes. */
  begin(actuation: Actuation, decision: Decision): void;
  stop(): Promise<void>;
}

export interface EffectWatchDeps {
  readonly router: SteeredRouter;
  readonly keeper: SessionKeeper;
  readonly clock: Clock;
  readonly warn: RateLimitedLog['warn'];
  /** Takes the result; each change that was begun has one. */
  readonly publish: (effect: ActuationEffect, toWan: string) => Promise<unknown>;
}

/** A change is confirmed by reading the rule back; that traffic obeys it is seen only by counters, and only later. */
export function createEffectWatch(
  { watchMs }: EffectConfig,
  { router, keeper, clock, warn, publish }: EffectWatchDeps,
): EffectWatch {
  let current = new AbortController();
  let running = Promise.resolve();
  let isStopped = false;

  const aimOf = ({ toWan, fromWeights, toWeights }: Decision): Aim =>
    toWeights.length > 0
      ? { from: fromWeights, to: toWeights }
      : { name: toWan, position: router.wans.findIndex(({ name }) => name === toWan) };

  async function observe(aim: Aim, signal: AbortSignal): Promise<Observed> {
    const read = async (): ReturnType<typeof readTraffic> =>
      readTraffic((await keeper.get()).session, router.wans, router.steering.ipv6 !== undefined, () =>
        clock.monotonicMs(),
      );
    const beganMs = clock.monotonicMs();
    try {
      const before = await read();
      await pause(watchMs, signal);
      if (!signal.aborted) return judgeEffect(before, await read(), aim);
    } catch (error) {
      if (!signal.aborted) return unknown(beganMs, error instanceof Error ? error.message : String(error));
    }
    return unknown(beganMs, String(signal.reason));
  }

  function unknown(beganMs: number, why: string): Observed {
    const watchedMs = Math.round(clock.monotonicMs() - beganMs);
    return {
      ...{ effect: Effect.UNKNOWN, reason: `${why}, after ${inSeconds(watchedMs)}`, watchedMs },
      ...{ newConnections: [], rxBps: [], txBps: [] },
    };
  }

  async function watch(
    { id, decisionId, site }: Actuation,
    decision: Decision,
    signal: AbortSignal,
  ): Promise<void> {
    const observed = await observe(aimOf(decision), signal);
    const effect: ActuationEffect = {
      ...{ id, decisionId, timeMs: clock.nowMs(), site, router: router.name },
      ...{ effect: observed.effect, reason: observed.reason, watchedMs: Math.round(observed.watchedMs) },
      wans: router.wans.map(({ name }) => name),
      newConnections: [...observed.newConnections],
      ...{ rxBps: [...observed.rxBps], txBps: [...observed.txBps] },
    };
    try {
      await publish(effect, decision.toWan);
    } catch (error) {
      warn(
        `effect ${router.name}`,
        { router: router.name, err: error },
        'what came of a change was not stored',
      );
    }
  }

  return {
    begin(actuation, decision) {
      if (isStopped) return;
      current.abort('the rule was changed again');
      current = new AbortController();
      const { signal } = current;
      running = running.then(() => watch(actuation, decision, signal));
    },
    async stop() {
      isStopped = true;
      current.abort('the watching ended');
      await running;
    },
  };
}
