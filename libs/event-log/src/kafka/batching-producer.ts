import { type CompressionTypes, type Kafka, Partitioners, type Producer, type TopicMessages } from 'kafkajs';
import { backoffMs, pause } from '@fairlead/runtime';
import type { LogWriter } from '../log-writer.ts';
import { AppendError, type NewRecord, type Position } from '../port.ts';
import { within } from './deadline.ts';

/** A record, and the partition that its key belongs to. */
export interface PlacedRecord extends NewRecord {
  readonly partition: number;
}

export interface BatchingOptions {
  /** How long an append waits for others to go with it. */
  readonly lingerMs: number;
  /** Bytes that do not wait. */
  readonly batchBytes: number;
  /** Most bytes that wait; an append beyond is refused. */
  readonly maxPendingBytes: number;
  /** Longest time that a request may take with its retries. */
  readonly deadlineMs: number;
  readonly compression: CompressionTypes;
}

interface Pending {
  readonly records: readonly PlacedRecord[];
  readonly bytes: number;
  readonly resolve: (positions: readonly Position[]) => void;
  readonly reject: (error: AppendError) => void;
}

export interface BatchingProducer {
  send(records: readonly PlacedRecord[]): Promise<readonly Position[]>;
  /** Sends what waits, then ends. */
  close(): Promise<void>;
}

type Answer = Awaited<ReturnType<Producer['sendBatch']>>;

/** How long closing waits for the broker. */
const CLOSE_MS = 2_000;
/** Errors of the protocol by which a broker says that it will not take these records from anybody. */
const NEVER_TAKEN: ReadonlySet<unknown> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
]);

/** Most bytes that appends share in one request. */
const MAX_REQUEST_BYTES = 2 ** 20;

/** Sends appends together, one request at a time, so that they stay in order. */
export function createBatchingProducer(
  kafka: Kafka,
  options: BatchingOptions,
  logger: LogWriter,
): BatchingProducer {
  const waiting: Pending[] = [];
  let waitingBytes = 0;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;
  let connected: Promise<Producer> | undefined;
  const closing = new AbortController();
  /** Rejects when closing has waited long enough for what is under way. */
  let giveUp: (reason: Error) => void = () => undefined;
  const givenUp = new Promise<never>((_resolve, reject) => (giveUp = reject));
  givenUp.catch(() => undefined);

  const connect = async (): Promise<Producer> => {
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    try {
      await producer.connect();
    } catch (error) {
      // It has sent nothing yet, so another may take its place.
      connected = undefined;
      throw error;
    }
    return producer;
  };

  /**
   * After a failure the next request is from a new producer. The old one would use the same sequence numbers for other
   * records, and a broker that had stored the failed ones after all would take those for a repetition, and drop them.
   */
  const replaceProducer = (): void => {
    void connected
      ?.then((producer) => producer.disconnect())
      .catch((err: unknown) => logger.debug({ err }, 'a failed producer did not disconnect'));
    connected = undefined;
  };

  /**
   * Sends the same records by the same producer, and so with the same sequence numbers, until the broker has answered: it
   * knows then what it had stored already. kafkajs gives up after some seconds by itself.
   */
  const deliver = async (records: readonly PlacedRecord[]): Promise<Answer> => {
    const giveUpAtMs = performance.now() + options.deadlineMs;
    for (let failures = 1; ; failures += 1) {
      connected ??= connect();
      const answer = connected.then((producer) =>
        producer.sendBatch({
          acks: -1,
          compression: options.compression,
          topicMessages: toTopicMessages(records),
        }),
      );
      try {
        return await within('append', giveUpAtMs - performance.now(), answer);
      } catch (error) {
        const pauseMs = backoffMs(failures, { baseMs: 50, maxMs: 1_000 });
        const isInTime = performance.now() + pauseMs < giveUpAtMs;
        if (closing.signal.aborted || !isInTime || !passesByItself(error)) throw error;
        logger.debug({ err: error, failures }, 'an append is sent again');
        await pause(pauseMs, closing.signal);
      }
    }
  };

  const request = async (batch: readonly Pending[]): Promise<void> => {
    const records = batch.flatMap((pending) => pending.records);
    try {
      const answer = await Promise.race([deliver(records), givenUp]);
      const positions = toPositions(records, answer);
      let at = 0;
      for (const pending of batch) pending.resolve(positions.slice(at, (at += pending.records.length)));
    } catch (cause) {
      replaceProducer();
      const error = new AppendError(`Kafka did not acknowledge: ${messageOf(cause)}`, {
        cause,
        isPermanent: NEVER_TAKEN.has(typeOf(cause)),
      });
      for (const pending of batch) pending.reject(error);
    }
  };

  const takeBatch = (): Pending[] => {
    let bytes = 0;
    const beyond = waiting.findIndex((pending, index) => {
      bytes += pending.bytes;
      return index > 0 && bytes > MAX_REQUEST_BYTES;
    });
    return waiting.splice(0, beyond < 0 ? waiting.length : beyond);
  };

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    sending ??= (async () => {
      while (waiting.length > 0) {
        const batch = takeBatch();
        await request(batch);
        waitingBytes -= batch.reduce((sum, { bytes }) => sum + bytes, 0);
      }
    })().finally(() => (sending = undefined));
  };

  return {
    send(records) {
      const bytes = records.reduce((sum, { value }) => sum + value.byteLength, 0);
      // One that is larger than the bound may still come alone.
      if (waitingBytes > 0 && waitingBytes + bytes > options.maxPendingBytes) {
        return Promise.reject(
          new AppendError(`${waitingBytes} bytes wait to be sent already; try again later`),
        );
      }
      return new Promise((resolve, reject) => {
        waiting.push({ records, bytes, resolve, reject });
        waitingBytes += bytes;
        if (waitingBytes >= options.batchBytes) flush();
        else timer ??= setTimeout(flush, options.lingerMs);
      });
    },
    async close() {
      flush();
      const timer = setTimeout(
        () => {
          closing.abort();
          giveUp(new Error('closed before the broker answered'));
        },
        Math.min(options.deadlineMs, CLOSE_MS),
      );
      await sending;
      clearTimeout(timer);
      if (closing.signal.aborted) return;
      const producer = await connected?.catch(() => undefined);
      await producer?.disconnect();
    },
  };
}

/** Whether the broker is away or busy, as against refusing the records or the producer. */
function passesByItself(error: unknown): boolean {
  const { name, retriable } = error as { readonly name?: unknown; readonly retriable?: unknown };
  return name === 'KafkaJSNumberOfRetriesExceeded' || retriable === true;
}

/** The name of the broker's error, which kafkajs wraps. */
function typeOf(error: unknown): unknown {
  const { type, cause } = error as { readonly type?: unknown; readonly cause?: unknown };
  return type ?? (cause === undefined ? undefined : typeOf(cause));
}

export function toTopicMessages(records: readonly PlacedRecord[]): TopicMessages[] {
  const byTopic = new Map<string, TopicMessages>();
  for (const { topic, partition, key, value } of records) {
    const messages = byTopic.get(topic) ?? { topic, messages: [] };
    byTopic.set(topic, messages);
    messages.messages.push({
      partition,
      key,
      value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    });
  }
  return [...byTopic.values()];
}

/** A broker answers with the offset of the first record of each partition; the others follow it. */
function toPositions(
  records: readonly PlacedRecord[],
  answer: readonly { topicName: string; partition: number; baseOffset?: string }[],
): Position[] {
  const next = new Map(
    answer.map(({ topicName, partition, baseOffset }) => [`${topicName}/${partition}`, Number(baseOffset)]),
  );
  return records.map(({ topic, partition }) => {
    const offset = next.get(`${topic}/${partition}`) ?? Number.NaN;
    next.set(`${topic}/${partition}`, offset + 1);
    return { topic, partition, offset };
  });
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
