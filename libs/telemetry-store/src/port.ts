/** A query that the engine refused, with ClickHouse's own error code where it gave one. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: number | undefined;
  /** Whether the same call may succeed later (no connection, too many parts) or never will (syntax, bad data). */
  readonly retriable: boolean;

  constructor(message: string, options: { code?: number | undefined; retriable: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.code = options.code;
    this.retriable = options.retriable;
  }
}

/** One insert: the values of consecutive log records of one partition, concatenated. */
export interface StoreBatch {
  /** Topic name; decides the table. */
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** When the first record was appended: tells this log from another one that had the same offsets. */
  readonly firstTimestampMs: number;
  /** Length-delimited protobuf records, as they stand in the log. */
  readonly values: readonly Uint8Array[];
  /**
   * An attempt before this one may have stored some of it, and how much is not known. The store then looks what is
   * there and adds the rest, instead of trusting that the engine remembers the batch.
   */
  readonly uncertain?: boolean;
}

/** A range of log offsets that is in the store. */
export interface StoredRange {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly firstTimestampMs: number;
  readonly rows: number;
}

export interface QueryResult {
  /** The bytes of the answer in the asked format. */
  readonly body: Uint8Array;
  /** Format that the engine used. */
  readonly format: string;
}

/** Values of the placeholders `{name:Type}` of a statement, as text. */
export type QueryParameters = Readonly<Record<string, string | null>>;

/** The telemetry store: ClickHouse, as a server or in this process (chDB). */
export interface TelemetryStore {
  /** Brings the schema to the newest version; safe to call again. */
  migrate(): Promise<void>;
  /**
   * Makes this process the writer of a partition. What another, or an earlier attempt of this one, has sent and is not
   * stored yet never will be, so that what is asked of the store from now on stays true; an insert of whoever claimed it before fails.
   * @throws StoreError
   */
  claim(topic: string, partition: number): Promise<void>;
  /**
   * Inserts a batch. The same batch again (same topic, partition, offsets and first timestamp) stores nothing twice.
   * @throws StoreError; one that is not retriable means that the values are bad, and nothing of them is stored
   */
  insert(batch: StoreBatch): Promise<void>;
  /** Ranges stored for a partition that reach `fromOffset` or beyond: what a crash left behind. */
  storedRanges(topic: string, partition: number, fromOffset: number): Promise<readonly StoredRange[]>;
  /**
   * One statement, reading only.
   * @param sql may end in its own `FORMAT …`
   * @param format used when the statement names none; TabSeparated by default
   * @throws StoreError
   */
  query(sql: string, format?: string, parameters?: QueryParameters): Promise<QueryResult>;
  close(): Promise<void>;
}
