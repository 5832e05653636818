import { Gauge, type Registry } from 'prom-client';
import { within } from './kafka/deadline.ts';
import type { EventLog } from './port.ts';

/** Longest time that a scrape waits for the log. */
const DEADLINE_MS = 5_000;

/**
 * The same log, which says at every scrape how far behind the groups are that were subscribed with it:
 * `fairlead_log_lag`, in offsets, by group, topic and partition. It covers all partitions of their topics, whichever
 * process reads them. In Kafka the end of a transaction takes an offset, so a group that has read everything may stand
 * one behind. What cannot be asked for in time is absent.
 */
export function withLagMetric<L extends EventLog>(log: L, registry: Registry): L {
  const topicsOf = new Map<string, Set<string>>();

  async function measure(gauge: Gauge, group: string, topic: string): Promise<void> {
    const [partitions, committed] = await Promise.all([log.partitions(topic), log.committed(group, topic)]);
    for (const { partition, firstOffset, nextOffset } of partitions) {
      const standsAt = Math.max(committed.get(partition) ?? firstOffset, firstOffset);
      gauge.set({ group, topic, partition }, Math.max(0, nextOffset - standsAt));
    }
  }

  new Gauge({
    name: 'fairlead_log_lag',
    help: 'Offsets between what a group has committed and the end of a partition.',
    labelNames: ['group', 'topic', 'partition'],
    registers: [registry],
    async collect() {
      this.reset();
      const asked = [...topicsOf].flatMap(([group, topics]) =>
        [...topics].map((topic) => measure(this, group, topic)),
      );
      await within('lag', DEADLINE_MS, Promise.allSettled(asked)).catch(() => undefined);
    },
  });

  return {
    ...log,
    async subscribe(options) {
      const subscription = await log.subscribe(options);
      const { group } = options;
      if (group !== undefined) {
        topicsOf.set(group, new Set([...(topicsOf.get(group) ?? []), ...options.topics]));
      }
      return subscription;
    },
  };
}
