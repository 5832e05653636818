import type { EventLog, Subscription } from '@fairlead/event-log';
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
}

/** Last values of each partition that are read at the start. A router is in there every 30 s. */
const PRIME_VALUES = 2_000;
const READ_AT_ONCE = 500;

/**
 * Keeps a flow enricher current with `router-state`, which it follows without a group: every decoder needs all routers.
 * The subscription stands before the past is read; what both see does no harm, because the newer state wins.
 */
export function createEnrichment(
  files: PlaceFiles,
  {
    log,
    inventory,
    telemetry,
  }: { readonly log: EventLog; readonly inventory: InventorySource; readonly telemetry: Telemetry },
): Enrichment {
  const { name } = topics.routerState;
  const limited = createRateLimitedLog(telemetry.log.child({ service: 'flow-decoder' }));
  let enricher = createFlowEnricher(inventory.current());
  const unknownInterfaces = new Counter({
    name: 'fairlead_flow_unknown_interfaces_total',
    help: 'Interface indexes in flows of routers of the inventory that no name was known for.',
    labelNames: ['router'],
    registers: [telemetry.registry],
  });
  let subscription: Subscription | undefined;

  function learn(value: Uint8Array): void {
    try {
      for (const state of decodeFrames(topics.routerState.codec, value)) enricher.learn(state);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      limited.warn('router-state', { err: error }, 'broken router state');
    }
  }

  async function prime(partition: number, firstOffset: number, nextOffset: number): Promise<void> {
    let offset = Math.max(firstOffset, nextOffset - PRIME_VALUES);
    while (offset < nextOffset) {
      const records = await log.read(name, partition, offset, READ_AT_ONCE);
      for (const { value } of records) learn(value);
      offset = (records.at(-1)?.offset ?? nextOffset) + 1;
    }
  }

  return {
    async start() {
      enricher = createFlowEnricher(inventory.current(), await openPlaces(files));
      await log.ensureTopics([topics.routerState]);
      subscription = await log.subscribe({
        topics: [name],
        startAt: 'latest',
        async onBatch({ records }) {
          for (const { value } of records) learn(value);
        },
        onError: (error) => limited.warn('router-state', { err: error }, 'router states cannot be read'),
      });
      const partitions = await log.partitions(name);
      await Promise.all(
        partitions.map(({ partition, firstOffset, nextOffset }) => prime(partition, firstOffset, nextOffset)),
      );
    },
    async stop() {
      await subscription?.stop();
      subscription = undefined;
    },
    apply(flows) {
      const unknown = enricher.enrich(flows);
      const router = flows[0]?.router ?? '';
      // The flows of a datagram have one router. Exporters that are in no inventory have no names to be missed.
      if (unknown > 0 && router !== '') unknownInterfaces.inc({ router }, unknown);
    },
  };
}
