import type { EventLog, LogBatch, LogRecord, NewRecord, Subscription } from '@fairlead/event-log';
import {
  addressFromBytes,
  type Clock,
  type DeadLetter,
  decodeFrames,
  encodeFrames,
  type Flow,
  RawDatagram,
} from '@fairlead/model';
import { createTemplateStore, decodeNetflow, type Decoded, type TemplateStore } from '@fairlead/netflow';
import { type Component, createRateLimitedLog, type Telemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { createBooks } from './books.ts';
import type { FlowDecoderConfig } from './config.ts';

export interface FlowDecoderDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

const SERVICE = 'flow-decoder';
const GROUP = 'flow-decoder';
/** Flows in one log value: some 300 KB, well under what a broker takes by default. */
const FLOWS_PER_VALUE = 2_000;
/** Records of one read while templates are learnt again. */
const PRIME_CHUNK = 100;

/**
 * Decodes `raw.netflow` into `flows`, keyed by router (by exporter address where no router has it). The flows of a
 * batch are appended in one step with its commit, so a crash neither loses nor repeats them.
 *
 * Templates live in memory. When a partition comes to this process, the records before its first batch are read
 * again for their templates; flows whose template lies further back wait for its next announcement and are counted
 * as `template-missing` until then.
 */
export function createFlowDecoder(
  config: FlowDecoderConfig,
  { log, clock, telemetry }: FlowDecoderDeps,
): Component {
  const logger = telemetry.log.child({ service: SERVICE });
  const warnings = createRateLimitedLog(logger, { nowMs: clock.monotonicMs });
  const templates = createTemplateStore();
  const books = createBooks(telemetry.registry, SERVICE, templates);
  /** Offset after the last record seen of each partition. */
  const nextOffsets = new Map<number, number>();
  let subscription: Subscription | undefined;

  async function onBatch(batch: LogBatch): Promise<NewRecord[]> {
    const firstOffset = batch.records[0]?.offset ?? 0;
    await prime(batch.partition, firstOffset);
    const flows = new Map<string, Flow[]>();
    const letters: DeadLetter[] = [];
    for (const record of batch.records) {
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
        addFlows(flows, datagram, decoded.flows);
      }
    }
    books.close(batch);
    nextOffsets.set(batch.partition, (batch.records.at(-1)?.offset ?? firstOffset) + 1);
    telemetry.setHealth(SERVICE, true);
    return [...flowRecords(flows), ...letterRecords(letters)];
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

function addFlows(all: Map<string, Flow[]>, { router, exporter }: RawDatagram, flows: readonly Flow[]): void {
  if (flows.length === 0) return;
  const key = router || addressFromBytes(exporter);
  const sameKey = all.get(key);
  if (!sameKey) all.set(key, [...flows]);
  else for (const flow of flows) sameKey.push(flow);
}

function* flowRecords(flows: ReadonlyMap<string, readonly Flow[]>): Iterable<NewRecord> {
  const { name: topic, codec } = topics.flows;
  for (const [key, all] of flows) {
    for (let at = 0; at < all.length; at += FLOWS_PER_VALUE) {
      yield { topic, key, value: encodeFrames(codec, all.slice(at, at + FLOWS_PER_VALUE)) };
    }
  }
}

function* letterRecords(letters: readonly DeadLetter[]): Iterable<NewRecord> {
  const { name: topic, codec } = topics.deadLetter;
  for (const letter of letters) yield { topic, key: letter.service, value: encodeFrames(codec, [letter]) };
}
