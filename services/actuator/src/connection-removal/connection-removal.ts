import type { NewRecord } from '@fairlead/event-log';
import { type Clock, Outcome, type WanEvent } from '@fairlead/model';
import type { Steered } from '../steered.ts';
import type { RemovalCase } from './judge-removal.ts';
import { createKnownDowns } from './known-downs.ts';
import { removalRecords, type RemovalEnd } from './removal-records.ts';
import { removeConnections } from './remove-connections.ts';

/** Removes what is bound to a WAN of one router when that is down, where the configuration wants it. */
export interface ConnectionRemoval {
  /** Takes what the wan-processor tells of the router. What there is to do is done in the background. */
  onEvent(event: WanEvent): void;
  stop(): Promise<void>;
}

export interface ConnectionRemovalDeps {
  readonly steered: Pick<Steered, 'router' | 'keeper' | 'lease'>;
  readonly clock: Clock;
  /** News older than this is no reason to remove anything. */
  readonly maxNewsAgeMs: number;
  /** Takes the records of each removal; does not reject. */
  readonly publish: (records: readonly NewRecord[]) => Promise<void>;
  readonly waitMs?: number;
}

/** Steering decides and is carried out in a few samples. */
const WAIT_MS = 30_000;

/**
 * One removal at a time, so that the rate is that of the router. It ends when its WAN is back, or is heard of no more: what
 * is down by old news is not known to be down.
 */
export function createConnectionRemoval({
  steered,
  clock,
  maxNewsAgeMs,
  publish,
  waitMs = WAIT_MS,
}: ConnectionRemovalDeps): ConnectionRemoval {
  const { router, keeper, lease } = steered;
  const { steering, wans } = router;
  const downs = createKnownDowns();
  /** Outages whose removal is under way or waits for its turn. */
  const outages = new Map<string, AbortController>();
  let running = Promise.resolve();

  async function remove(down: WanEvent, signal: AbortSignal): Promise<void> {
    const wan = wans.find(({ name }) => name === down.wan);
    const settings = steering.connectionRemoval;
    const mark = wan?.connectionMark;
    if (!wan || !settings || mark === undefined) return;
    const toldMs = clock.monotonicMs();
    const describeCase = (): RemovalCase => ({
      ...{ wan, wans, rule: steering.rule, holder: lease.holder },
      isKnownDown: (name) => downs.has(name),
      toldMsAgo: clock.monotonicMs() - toldMs,
    });
    const obstacle = signal.aborted ? String(signal.reason) : describeOrder(down);
    const end =
      obstacle === undefined
        ? await removeConnections({
            ...{ keeper, lease, settings, mark, describeCase, waitMs, signal },
            isArmed: router.mode === 'armed',
          })
        : refused(obstacle);
    await publish(removalRecords(router, down, mark, end, clock.nowMs()));
  }

  /** What stands in the way before the router is asked. */
  function describeOrder({ timeMs }: WanEvent): string | undefined {
    if (steering.stopped) return 'the steering of this router is stopped';
    if (steering.locked) return 'the steering of this router is locked';
    const ageMs = clock.nowMs() - timeMs;
    return Math.abs(ageMs) > maxNewsAgeMs
      ? `stale: that the WAN is down is news of ${ageMs} ms ago`
      : undefined;
  }

  return {
    onEvent(event) {
      const news = downs.fold(event);
      if (news === 'over') outages.get(event.wan)?.abort(`${event.wan} is not known to be down any more`);
      if (news !== 'down' || !steering.connectionRemoval) return;
      const outage = new AbortController();
      outages.set(event.wan, outage);
      running = running.then(async () => {
        await remove(event, outage.signal);
        if (outages.get(event.wan) === outage) outages.delete(event.wan);
      });
    },
    async stop() {
      for (const outage of outages.values()) outage.abort('Fairlead stops, or the router was changed');
      await running;
    },
  };
}

const refused = (reason: string): RemovalEnd => ({
  ...{ outcome: Outcome.REFUSED, reason, removed: 0, leftOver: undefined },
});
