import type { EventLog, LogRecord, PartitionInfo, Subscription } from '@fairlead/event-log';
import { createFlowEnricher } from '@fairlead/flow-enrichment';
import { openPlaces, type PlaceFiles } from '@fairlead/geoip';
import { decodeFrames, type Flow, FrameError, type InventorySource } from '@fairlead/model';
import { createRateLimitedLog, type Telemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { Counter } from 'prom-client';

export interface Enrichment {
  /**
   * Resolves when what the log says of the routers' interfaces is known.
   * @throws GeoipError when a database cannot be used
   */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Writes into the flows what they mean at their site, and counts the interfaces that are not known. */
  apply(flows: readonly Flow[]): void;
  /** Speed of the faster interface of a flow, bits per second; undefined where neither is known. */
  speedOf(flow: Flow): number | undefined;
}

/** Last values of each partition that are read at the start. A router is in there every 30 s, or every poll. */
const PRIME_VALUES = 2_000;
const READ_AT_ONCE = 500;
/** Counters come every second or so, and what they say of an interface hardly changes. */
const COUNTERS_EVERY_MS = 10_000;

/**
 * Keeps a flow enricher current with `router-state`, and with `counters` for routers that are only polled. It follows
 * both without a group: every decoder needs all routers. The subscription stands before the past is read; what both see
 * does no harm, because the newer name wins.
 */
export function createEnrichment(
  files: PlaceFiles,
  {
    log,
    inventory,
    telemetry,
  }: { readonly log: EventLog; readonly inventory: InventorySource; readonly telemetry: Telemetry },
): Enrichment {
  const followed = [topics.routerState.name, topics.counters.name];
  const limited = createRateLimitedLog(telemetry.log.child({ service: 'flow-decoder' }));
  let enricher = createFlowEnricher(inventory.current());
  const unknownInterfaces = new Counter({
    name: 'fairlead_flow_unknown_interfaces_total',
    help: 'Interface indexes in flows of routers of the inventory that no name was known for.',
    labelNames: ['router'],
    registers: [telemetry.registry],
  });
  let subscription: Subscription | undefined;
  let unfollow: (() => void) | undefined;

  /** When the counters of a router were last read, by the time of the log. Routers of the inventory only. */
  const countersReadMs = new Map<string, number>();

  function learn(topic: string, record: LogRecord): void {
    try {
      if (topic === topics.counters.name) learnCounters(record);
      else for (const state of decodeFrames(topics.routerState.codec, record.value)) enricher.learn(state);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      limited.warn(topic, { err: error }, 'broken record about interfaces');
    }
  }

  function learnCounters({ key, timestampMs, value }: LogRecord): void {
    if (timestampMs < (countersReadMs.get(key) ?? -Infinity) + COUNTERS_EVERY_MS) return;
    const learned = decodeFrames(topics.counters.codec, value).filter((reading) =>
      enricher.learnCounters(reading),
    );
    if (learned.length > 0) countersReadMs.set(key, timestampMs);
  }

  async function prime({ topic, partition, firstOffset, nextOffset }: PartitionInfo): Promise<void> {
    let offset = Math.max(firstOffset, nextOffset - PRIME_VALUES);
    while (offset < nextOffset) {
      const records = await log.read(topic, partition, offset, READ_AT_ONCE);
      for (const record of records) learn(topic, record);
      offset = (records.at(-1)?.offset ?? nextOffset) + 1;
    }
  }

  return {
    async start() {
      enricher = createFlowEnricher(inventory.current(), await openPlaces(files));
      await log.ensureTopics([topics.routerState, topics.counters]);
      unfollow = inventory.subscribe((change) => enricher.replaceInventory(change.inventory));
      subscription = await log.subscribe({
        topics: followed,
        startAt: 'latest',
        async onBatch({ topic, records }) {
          for (const record of records) learn(topic, record);
        },
        onError: (error) => limited.warn('follow', { err: error }, 'interfaces cannot be read'),
      });
      const partitions = (await Promise.all(followed.map((topic) => log.partitions(topic)))).flat();
      await Promise.all(partitions.map(prime));
    },
    async stop() {
      unfollow?.();
      await subscription?.stop();
      subscription = undefined;
    },
    apply(flows) {
      const unknown = enricher.enrich(flows);
      const router = flows[0]?.router ?? '';
      // The flows of a datagram have one router. Exporters that are in no inventory have no names to be missed.
      if (unknown > 0 && router !== '') unknownInterfaces.inc({ router }, unknown);
    },
    speedOf: (flow) => enricher.speedOf(flow),
  };
}
