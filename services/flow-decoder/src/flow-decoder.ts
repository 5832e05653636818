import { setImmediate } from 'node:timers/promises';
import type { EventLog, LogBatch, LogRecord, NewRecord, Subscription } from '@fairlead/event-log';
import {
  addressFromBytes,
  type Clock,
  type DeadLetter,
  decodeFrames,
  encodeFrames,
  type Flow,
  type Inventory,
  RawDatagram,
} from '@fairlead/model';
import {
  createFlowEncoder,
  createTemplateStore,
  decodeNetflow,
  type Decoded,
  type FlowEncoder,
  type TemplateStore,
} from '@fairlead/netflow';
import { type Component, createRateLimitedLog, type Telemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { createBooks } from './books.ts';
import type { FlowDecoderConfig } from './config.ts';
import { createEnrichment } from './enrichment.ts';

export interface FlowDecoderDeps {
  readonly log: EventLog;
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const SERVICE = 'flow-decoder';
const GROUP = 'flow-decoder';
/** Bytes that are decoded before others in this process, a collector with a full socket among them, have their turn. */
const BYTES_AT_ONCE = 131_072;
/** Size at which a value is closed. */
const VALUE_BYTES = 262_144;
/**
 * Flows that are added between two looks at the size. A datagram can hold 65 000 records of one byte, and a value has
 * to stay under the megabyte that a broker takes.
 */
const FLOWS_PER_STEP = 1_000;
/** Records of one read while templates are learnt again. */
const PRIME_CHUNK = 100;

/**
 * Decodes `raw.netflow` into `flows`, keyed by router (by exporter address where no router has it). The flows of a
 * batch are appended in one step with its commit, so a crash neither loses nor repeats them.
 *
 * Templates live in memory. When a partition comes to this process, the records before its first batch are read
 * again for their templates. Where a template lies further back, data is dropped as `template-missing` until the
 * exporter announces it again.
 */
export function createFlowDecoder(
  config: FlowDecoderConfig,
  { log, inventory, clock, telemetry }: FlowDecoderDeps,
): Component {
  const logger = telemetry.log.child({ service: SERVICE });
  const warnings = createRateLimitedLog(logger, { nowMs: clock.monotonicMs });
  const templates = createTemplateStore();
  const books = createBooks(telemetry.registry, SERVICE, templates);
  /** Offset after the last record seen of each partition. */
  const nextOffsets = new Map<number, number>();
  const enrichment = createEnrichment({ log, inventory, telemetry });
  let subscription: Subscription | undefined;

  async function onBatch(batch: LogBatch): Promise<NewRecord[]> {
    const firstOffset = batch.records[0]?.offset ?? 0;
    await prime(batch.partition, firstOffset);
    const flows = createFlowValues();
    const letters: DeadLetter[] = [];
    let bytesAtOnce = 0;
    for (const record of batch.records) {
      bytesAtOnce += record.value.length;
      if (bytesAtOnce > BYTES_AT_ONCE) {
        bytesAtOnce = record.value.length;
        await setImmediate();
      }
      const page = books.open(record);
      const datagrams = readDatagrams(record);
      if (!datagrams) {
        page.broken();
        letters.push(deadLetter(record));
        warnings.warn('broken', { partition: record.partition, offset: record.offset }, 'broken record');
        continue;
      }
      for (const datagram of datagrams) {
        const decoded = decode(datagram, templates);
        page.datagram(decoded);
        enrichment.apply(decoded.flows);
        flows.add(datagram.router || addressFromBytes(datagram.exporter), decoded.flows);
      }
    }
    books.close(batch);
    nextOffsets.set(batch.partition, (batch.records.at(-1)?.offset ?? firstOffset) + 1);
    telemetry.setHealth(SERVICE, true);
    return [...flows.finish(), ...letters.map(letterRecord)];
  }

  /**
   * Learns the templates of what stands before an offset and was not seen here, without emitting or counting
   * anything: at the first batch of a partition, and when another member of the group had it in between.
   */
  async function prime(partition: number, beforeOffset: number): Promise<void> {
    const topic = topics.rawNetflow.name;
    let offset = Math.max(nextOffsets.get(partition) ?? 0, beforeOffset - config.primeRecords);
    if (offset >= beforeOffset) return;
    const info = (await log.partitions(topic)).find((entry) => entry.partition === partition);
    offset = Math.max(offset, info?.firstOffset ?? 0);
    while (offset < beforeOffset) {
      const records = await log.read(topic, partition, offset, Math.min(PRIME_CHUNK, beforeOffset - offset));
      for (const record of records) {
        if (record.offset >= beforeOffset) break;
        for (const datagram of readDatagrams(record) ?? []) decode(datagram, templates);
      }
      offset = (records.at(-1)?.offset ?? beforeOffset) + 1;
    }
    logger.debug({ partition, beforeOffset, templates: templates.size.templates }, 'templates read again');
  }

  const deadLetter = (record: LogRecord): DeadLetter => ({
    timeMs: clock.nowMs(),
    service: SERVICE,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    reason: 'broken-record',
    value: record.value,
  });

  return {
    name: SERVICE,
    async start() {
      await log.ensureTopics([topics.rawNetflow, topics.flows, topics.deadLetter]);
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

function readDatagrams(record: LogRecord): RawDatagram[] | undefined {
  try {
    return decodeFrames(RawDatagram, record.value);
  } catch {
    return undefined;
  }
}

const decode = ({ payload, timeMs, exporter, router }: RawDatagram, templates: TemplateStore): Decoded =>
  decodeNetflow(payload, { timeMs, exporter, router, templates });

/** Gathers the flows of a batch into log values, key by key. */
function createFlowValues(): {
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
      const encoder = encoders.get(key) ?? createFlowEncoder();
      encoders.set(key, encoder);
      for (let at = 0; at < flows.length; at += FLOWS_PER_STEP) {
        encoder.add(flows.slice(at, at + FLOWS_PER_STEP));
        if (encoder.byteLength >= VALUE_BYTES) close(key, encoder);
      }
    },
    finish() {
      for (const [key, encoder] of encoders) if (encoder.byteLength > 0) close(key, encoder);
      return values;
    },
  };
}

function letterRecord(letter: DeadLetter): NewRecord {
  const { name, codec } = topics.deadLetter;
  return { topic: name, key: letter.service, value: encodeFrames(codec, [letter]) };
}
