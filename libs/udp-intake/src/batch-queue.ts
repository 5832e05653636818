/** Things of one key that become one log value. */
export interface Batch<T> {
  readonly key: string;
  readonly items: readonly T[];
  readonly bytes: number;
}

export interface BatchQueueLimits {
  readonly queueBytes: number;
  readonly queueDatagrams: number;
  /** Bytes that close a batch. */
  readonly batchBytes: number;
}

/** A bounded queue that gathers what has the same key. What was taken counts until it is released. */
export interface BatchQueue<T> {
  /** @returns false when the queue is full; the item is not in it then */
  push(key: string, item: T, bytes: number): boolean;
  /** Closes every batch that is still gathering. */
  seal(): void;
  /** Closed batches from the oldest on, up to about `maxBytes`, at least one if there is any. */
  take(maxBytes: number): Batch<T>[];
  /** Frees the room of batches that were taken. */
  release(batches: readonly Batch<T>[]): void;
  /** Items in the queue, with those taken and not released. */
  readonly count: number;
  readonly sealed: number;
}

interface OpenBatch<T> {
  readonly key: string;
  readonly items: T[];
  bytes: number;
}

export function createBatchQueue<T>(limits: BatchQueueLimits): BatchQueue<T> {
  const open = new Map<string, OpenBatch<T>>();
  let sealed: OpenBatch<T>[] = [];
  let count = 0;
  let bytes = 0;
  return {
    push(key, item, itemBytes) {
      if (count >= limits.queueDatagrams || bytes + itemBytes > limits.queueBytes) return false;
      count += 1;
      bytes += itemBytes;
      let batch = open.get(key);
      if (!batch) {
        batch = { key, items: [], bytes: 0 };
        open.set(key, batch);
      }
      batch.items.push(item);
      batch.bytes += itemBytes;
      if (batch.bytes >= limits.batchBytes) {
        open.delete(key);
        sealed.push(batch);
      }
      return true;
    },
    seal() {
      sealed.push(...open.values());
      open.clear();
    },
    take(maxBytes) {
      let taken = 0;
      let size = 0;
      for (const batch of sealed) {
        if (taken > 0 && size + batch.bytes > maxBytes) break;
        size += batch.bytes;
        taken += 1;
      }
      const batches = sealed.slice(0, taken);
      sealed = sealed.slice(taken);
      return batches;
    },
    release(batches) {
      for (const batch of batches) {
        count -= batch.items.length;
        bytes -= batch.bytes;
      }
    },
    get count() {
      return count;
    },
    get sealed() {
      return sealed.length;
    },
  };
}
