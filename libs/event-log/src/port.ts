/** What is needed of a topic to keep it. `topics` of @fairlead/topics satisfies it. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  /** The newest value of each key is kept for good, whatever the retention says; older ones for no certain time. */
  readonly compacted?: boolean;
}

/** A setting of a topic that is not what it should be. */
export interface TopicDifference {
  readonly setting: 'partitions' | 'retentionMs' | 'retentionBytes' | 'compacted' | 'largestAppendBytes';
  readonly wanted: string;
  readonly found: string;
}

/** How a topic in the log compares with what it should be. */
export interface TopicState {
  readonly name: string;
  readonly exists: boolean;
  readonly differences: readonly TopicDifference[];
}

/** A record to append. */
export interface NewRecord {
  readonly topic: string;
  /** Records with the same key go to the same partition and stay in order. */
  readonly key: string;
  readonly value: Uint8Array;
}

/** Where an appended record stands. */
export interface Position {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface LogRecord extends Position {
  readonly key: string;
  readonly value: Uint8Array;
  /** When it was appended, Unix milliseconds. */
  readonly timestampMs: number;
}

/**
 * Records of one partition, in order. Offsets are missing only where retention cut; in Kafka also where a transaction
 * ended, which takes an offset of its own.
 */
export interface LogBatch {
  readonly topic: string;
  readonly partition: number;
  /**
   * Another number whenever another member of the group may have had the partition since the batch before. Absent where
   * the adapter cannot tell.
   */
  readonly tenure?: number;
  readonly records: readonly LogRecord[];
}

export interface SubscribeOptions {
  readonly topics: readonly string[];
  /**
   * Members of a group share the partitions and continue where the group has committed. Without a group the subscriber
   * sees every partition and nothing is committed.
   */
  readonly group?: string;
  /**
   * Where to begin when the group has committed nothing (or there is no group). A group that begins at the latest commits
   * that at once, so that whatever is appended from then on reaches it, also after a crash.
   */
  readonly startAt: 'earliest' | 'latest';
  /** Most bytes of values in one batch; one larger record still comes alone. Default 1 MiB. */
  readonly maxBatchBytes?: number;
  /** How long to wait for more after the first record, so that batches are worth their cost. Default 0. */
  readonly lingerMs?: number;
  /**
   * Does the work of one batch. What it returns is appended in one step with the commit of the batch's offsets: after
   * a crash either both happened or neither. Called again with the same records, after a pause that grows, when it
   * rejects. One call at a time for each partition.
   */
  readonly onBatch: (batch: LogBatch) => Promise<readonly NewRecord[] | void>;
  /** Told of every failed attempt; the subscription goes on by itself. */
  readonly onError?: (error: unknown, batch: LogBatch | undefined) => void;
}

export interface Subscription {
  /** Finishes the batches under way, commits them, and ends. Safe to call twice. */
  stop(): Promise<void>;
}

export interface PartitionInfo {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the oldest record that is kept. */
  readonly firstOffset: number;
  /** Offset that the next record will get. */
  readonly nextOffset: number;
}

/** An append that did not happen (or, with Kafka after a timeout, may have happened). */
export class AppendError extends Error {
  override readonly name = 'AppendError';
  /** The log will never take these records: another attempt is in vain. */
  readonly isPermanent: boolean;

  constructor(message: string, options: { readonly isPermanent?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.isPermanent = options.isPermanent ?? false;
  }
}

/**
 * The event log: partitioned topics, consumer groups, committed offsets, replay. Two adapters keep this contract, and
 * one conformance suite (`@fairlead/event-log/testing`) holds both to it.
 */
export interface EventLog {
  /** Creates what is missing of these topics. An existing topic is left as it is. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>;
  /**
   * Appends in order and resolves when the records outlive a crash of this process. All or nothing for each topic (in
   * Kafka for each partition).
   * The values must not change until then. Once it has resolved, nobody looks at them any more, and their memory may be
   * used again; after a rejection an attempt may still be under way, and it may not.
   * @throws AppendError
   */
  append(records: readonly NewRecord[]): Promise<readonly Position[]>;
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /**
   * Records from `fromOffset` on, at most `limit`, and fewer when they are large; empty at the end of the partition only.
   * For looking into the log: with Kafka a call takes a consumer of its own, and most of a second.
   */
  read(topic: string, partition: number, fromOffset: number, limit: number): Promise<readonly LogRecord[]>;
  partitions(topic: string): Promise<readonly PartitionInfo[]>;
  /**
   * Offset that the group will read next in each partition; absent where it has committed nothing. In Kafka the commit
   * of a batch with outputs shows a moment after it is certain.
   */
  committed(group: string, topic: string): Promise<ReadonlyMap<number, number>>;
  close(): Promise<void>;
}

/** A partition as it stands in the log. */
export interface PartitionDescription extends PartitionInfo {
  /** Bytes that its records take; absent where the adapter cannot tell. */
  readonly bytes?: number;
  /** How far each group is that has read of it. */
  readonly groups: readonly GroupPosition[];
}

export interface GroupPosition {
  readonly group: string;
  /** Offset to read next. */
  readonly committed: number;
  /** Offsets between that and the end. */
  readonly lag: number;
  /** Who reads the partition for the group at present; absent when nobody does. */
  readonly owner?: string;
}

/** An event log that can say how its topics differ from what they should be. Both adapters are one. */
export interface InspectableLog extends EventLog {
  /** One answer for each topic, in their order. Changes nothing. */
  compareTopics(topics: readonly TopicSpec[]): Promise<readonly TopicState[]>;
  /** Every partition of those of these topics that exist, with the groups that have read of it. Changes nothing. */
  describe(topics: readonly string[]): Promise<readonly PartitionDescription[]>;
}
