import { setImmediate } from 'node:timers/promises';
import type { EventLog, LogBatch, LogRecord, NewRecord, Subscription } from '@fairlead/event-log';
import {
  addressFromBytes,
  type Clock,
  type DeadLetter,
  encodeFrames,
  Flow,
  type InventorySource,
  type RawDatagram,
} from '@fairlead/model';
import {
  createFlowEncoder,
  createFlowPool,
  decodeNetflow,
  type Decoded,
  type FlowEncoder,
  type TemplateStore,
} from '@fairlead/netflow';
import { type Component, createRateLimitedLog, type Telemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { Counter } from 'prom-client';
import { createBooks } from './books.ts';
import type { FlowDecoderConfig } from './config.ts';
import { createDecoderMemory, stateTopic } from './decoder-memory.ts';
import { createEnrichment } from './enrichment.ts';
import { IMPOSSIBLE_FLOW, isImpossible } from './impossible-flow.ts';
import { readDatagrams } from './read-datagrams.ts';
import { readSamplingRates } from './sampling-rates.ts';

export interface FlowDecoderDeps {
  readonly log: EventLog;
  readonly inventory: InventorySource;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const SERVICE = 'flow-decoder';
const GROUP = 'flow-decoder';
/**
 * Bytes that are decoded before others in this process, a collector with a full socket among them, have their turn. Node.js
 * takes at most 32 datagrams from a socket in a turn, so with more than that here the decoder would outrun the collector
 * whenever it has a backlog.
 */
const BYTES_AT_ONCE = 16_384;
/** Size at which a value is closed. */
const VALUE_BYTES = 262_144;
/**
 * Flows that are added between two looks at the size. A datagram can hold 65 000 records of one byte, and a value has
 * to stay under the megabyte that a broker takes.
 */
const FLOWS_PER_STEP = 1_000;
/** A batch has some exporters, and four partitions have a batch at a time. */
const SPARE_ENCODERS = 64;

/**
 * Decodes `raw.netflow` into `flows`, keyed by router (by exporter address where no router has it). The flows of a
 * batch are appended in one step with its commit, so a crash neither loses nor repeats them.
 *
 * Templates, and data that waits for one, live in memory and in snapshots that are appended together with a commit, so
 * that a decoder that starts knows what the one before it knew (`createDecoderMemory`).
 */
export function createFlowDecoder(
  config: FlowDecoderConfig,
  { log, inventory, clock, telemetry }: FlowDecoderDeps,
): Component {
  const logger = telemetry.log.child({ service: SERVICE });
  const warnings = createRateLimitedLog(logger, { nowMs: clock.monotonicMs });
  const samplingRateOf = readSamplingRates(config);
  const unreadable = new Counter({
    name: 'fairlead_netflow_state_unreadable_total',
    help: 'Values of the saved templates that could not be read; more of raw.netflow is read again instead.',
    registers: [telemetry.registry],
  });
  const memory = createDecoderMemory({
    log,
    recordsBetween: config.primeRecords,
    replay(record, templates) {
      for (const datagram of readDatagrams(record) ?? []) decode(datagram, templates);
    },
    onUnreadable: () => unreadable.inc(),
  });
  const books = createBooks(telemetry.registry, SERVICE, memory.totals);
  const enrichment = createEnrichment(config, { log, inventory, telemetry });
  const possible = { ...config, speedOf: enrichment.speedOf };
  /** A flow is encoded before the next datagram is decoded. */
  const pool = createFlowPool();
  const spareEncoders: FlowEncoder[] = [];
  let subscription: Subscription | undefined;

  async function onBatch(batch: LogBatch): Promise<NewRecord[]> {
    const firstOffset = batch.records[0]?.offset ?? 0;
    const templates = await memory.at(batch.partition, firstOffset);
    const flows = createFlowValues(spareEncoders);
    const letters: DeadLetter[] = [];
    let bytesAtOnce = 0;
    for (const record of batch.records) {
      const page = books.open(record);
      const datagrams = readDatagrams(record);
      if (!datagrams) {
        page.broken();
        letters.push(deadLetter(record, 'broken-record', record.value));
        warnings.warn('broken', { partition: record.partition, offset: record.offset }, 'broken record');
        continue;
      }
      for (const datagram of datagrams) {
        bytesAtOnce += datagram.payload.length;
        if (bytesAtOnce > BYTES_AT_ONCE) {
          bytesAtOnce = datagram.payload.length;
          await setImmediate();
        }
        const decoded = decode(datagram, templates);
        const { impossible, stored } = judge(decoded.flows);
        page.datagram(decoded, impossible.length, datagram.router);
        for (const flow of impossible) {
          letters.push(deadLetter(record, IMPOSSIBLE_FLOW, encodeFrames(Flow, [flow])));
        }
        enrichment.apply(stored);
        flows.add(datagram.router || addressFromBytes(datagram.exporter), stored);
      }
    }
    books.close(batch);
    const nextOffset = (batch.records.at(-1)?.offset ?? firstOffset) + 1;
    const snapshot = memory.advance(batch.partition, nextOffset, templates);
    telemetry.setHealth(SERVICE, true);
    return [...flows.finish(), ...letters.map(letterRecord), ...snapshot];
  }

  /** Nearly every datagram has possible flows only, and then they are given as they came. */
  const judge = (
    flows: readonly Flow[],
  ): { readonly impossible: readonly Flow[]; readonly stored: readonly Flow[] } => {
    const impossible: Flow[] = [];
    for (const flow of flows) if (isImpossible(flow, possible)) impossible.push(flow);
    if (impossible.length === 0) return { impossible, stored: flows };
    return { impossible, stored: flows.filter((flow) => !impossible.includes(flow)) };
  };

  const decode = ({ payload, timeMs, exporter, router }: RawDatagram, templates: TemplateStore): Decoded => {
    const samplingRate = samplingRateOf(exporter);
    return decodeNetflow(payload, { timeMs, exporter, router, templates, samplingRate, pool });
  };

  const deadLetter = (record: LogRecord, reason: string, value: Uint8Array): DeadLetter => ({
    timeMs: clock.nowMs(),
    service: SERVICE,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    reason,
    value,
  });

  return {
    name: SERVICE,
    async start() {
      await log.ensureTopics([topics.rawNetflow, topics.flows, topics.deadLetter, stateTopic]);
      await enrichment.start();
      subscription = await log.subscribe({
        topics: [topics.rawNetflow.name],
        group: GROUP,
        startAt: 'earliest',
        maxBatchBytes: config.maxBatchBytes,
        lingerMs: config.lingerMs,
        onBatch,
        onError(error, batch) {
          telemetry.setHealth(SERVICE, false, 'a batch cannot be decoded or committed; it is tried again');
          warnings.warn('batch', { err: error, partition: batch?.partition }, 'batch failed');
        },
      });
      telemetry.setHealth(SERVICE, true);
    },
    async stop() {
      await subscription?.stop();
      subscription = undefined;
      await enrichment.stop();
    },
  };
}

/** Gathers the flows of a batch into log values, key by key. Encoders, which have much memory, are used again. */
function createFlowValues(spare: FlowEncoder[]): {
  add(key: string, flows: readonly Flow[]): void;
  finish(): NewRecord[];
} {
  const encoders = new Map<string, FlowEncoder>();
  const values: NewRecord[] = [];
  const close = (key: string, encoder: FlowEncoder): void => {
    values.push({ topic: topics.flows.name, key, value: encoder.finish() });
  };
  return {
    add(key, flows) {
      const encoder = encoders.get(key) ?? spare.pop() ?? createFlowEncoder();
      encoders.set(key, encoder);
      for (let at = 0; at < flows.length; at += FLOWS_PER_STEP) {
        encoder.add(flows.slice(at, at + FLOWS_PER_STEP));
        if (encoder.byteLength >= VALUE_BYTES) close(key, encoder);
      }
    },
    finish() {
      for (const [key, encoder] of encoders) {
        if (encoder.byteLength > 0) close(key, encoder);
        if (spare.length < SPARE_ENCODERS) spare.push(encoder);
      }
      return values;
    },
  };
}

function letterRecord(letter: DeadLetter): NewRecord {
  const { name, codec } = topics.deadLetter;
  return { topic: name, key: letter.service, value: encodeFrames(codec, [letter]) };
}
