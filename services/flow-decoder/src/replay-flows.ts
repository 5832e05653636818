import type { EventLog } from '@fairlead/event-log';
import type { InventorySource, RawDatagram } from '@fairlead/model';
import { createFlowEncoder, createFlowPool, decodeNetflow, type TemplateStore } from '@fairlead/netflow';
import type { Telemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import type { FlowDecoderConfig } from './config.ts';
import { createDecoderMemory } from './decoder-memory.ts';
import { createEnrichment } from './enrichment.ts';
import { isImpossible } from './impossible-flow.ts';
import { readDatagrams } from './read-datagrams.ts';
import { readSamplingRates } from './sampling-rates.ts';

export interface FlowReplayDeps {
  readonly log: EventLog;
  readonly inventory: InventorySource;
  readonly telemetry: Telemetry;
}

/** A part of a partition of `raw.netflow`. */
export interface RawRange {
  readonly partition: number;
  readonly fromOffset: number;
  /** Behind the last one. */
  readonly endOffset: number;
}

/** The flows of the datagrams that arrived from `sinceMs` on and before `untilMs`, Unix milliseconds. */
export interface FlowReplayOptions {
  readonly ranges: readonly RawRange[];
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly onTotals: (totals: FlowReplayTotals) => void;
}

export interface FlowReplayTotals {
  readonly flows: number;
  readonly impossibleFlows: number;
  readonly brokenRecords: number;
}

const READ_AT_ONCE = 500;
/** Size at which a value is handed over. */
const VALUE_BYTES = 4 * 2 ** 20;

/**
 * What the flow decoder of this version makes of records that the log still holds, as values for the store: with the
 * templates that were known at the first of them, sampling, the check for impossible flows, and enrichment by the
 * inventory and the interfaces of today. It appends and commits nothing. The totals are told at the end.
 */
export async function* replayFlows(
  config: FlowDecoderConfig,
  { log, inventory, telemetry }: FlowReplayDeps,
  { ranges, sinceMs, untilMs, onTotals }: FlowReplayOptions,
): AsyncGenerator<Uint8Array, void> {
  const samplingRateOf = readSamplingRates(config);
  const pool = createFlowPool();
  const decode = ({ payload, timeMs, exporter, router }: RawDatagram, templates: TemplateStore) =>
    decodeNetflow(payload, {
      timeMs,
      exporter,
      router,
      templates,
      samplingRate: samplingRateOf(exporter),
      pool,
    }).flows;
  const memory = createDecoderMemory({
    log,
    recordsBetween: config.primeRecords,
    replay(record, templates) {
      for (const datagram of readDatagrams(record) ?? []) decode(datagram, templates);
    },
    onUnreadable: () => undefined,
  });
  const enrichment = createEnrichment(config, { log, inventory, telemetry });
  const possible = { ...config, speedOf: enrichment.speedOf };
  const totals = { flows: 0, impossibleFlows: 0, brokenRecords: 0 };
  const encoder = createFlowEncoder();
  await enrichment.start();
  try {
    for (const { partition, fromOffset, endOffset } of ranges) {
      const templates = await memory.at(partition, fromOffset);
      for (let offset = fromOffset; offset < endOffset;) {
        const records = await log.read(topics.rawNetflow.name, partition, offset, READ_AT_ONCE);
        for (const record of records) {
          if (record.offset >= endOffset) break;
          const datagrams = readDatagrams(record);
          if (!datagrams) totals.brokenRecords += 1;
          for (const datagram of datagrams ?? []) {
            // A set that waited is as old as its own datagram.
            const wanted = decode(datagram, templates).filter(
              ({ timeMs }) => timeMs >= sinceMs && timeMs < untilMs,
            );
            const stored = wanted.filter((flow) => !isImpossible(flow, possible));
            enrichment.apply(stored);
            encoder.add(stored);
            totals.flows += stored.length;
            totals.impossibleFlows += wanted.length - stored.length;
            if (encoder.byteLength >= VALUE_BYTES) yield encoder.finish();
          }
        }
        offset = (records.at(-1)?.offset ?? endOffset) + 1;
      }
    }
    if (encoder.byteLength > 0) yield encoder.finish();
    onTotals(totals);
  } finally {
    await enrichment.stop();
  }
}
