/** Makes one log value of many items. */
export interface Gatherer<T> {
  /** The item is another the next time: nothing of it may be kept but what it refers to. */
  add(item: T): void;
  /** The value; asked for once, after the last item. */
  finish(): Uint8Array;
  /** Told when nobody reads the value any more. */
  recycle(): void;
}

/** Items of one key that become one log value. */
export interface Batch {
  readonly key: string;
  readonly count: number;
  readonly bytes: number;
  readonly gatherer: Pick<Gatherer<never>, 'finish' | 'recycle'>;
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
  take(maxBytes: number): Batch[];
  /** Frees the room of batches that were taken; `reuse` says that nobody reads their values any more. */
  release(batches: readonly Batch[], reuse: boolean): void;
  /** Items in the queue, with those taken and not released. */
  readonly count: number;
  readonly sealed: number;
}

interface OpenBatch<T> extends Batch {
  readonly gatherer: Gatherer<T>;
  count: number;
  bytes: number;
}

export function createBatchQueue<T>(
  { queueBytes, queueDatagrams, batchBytes }: BatchQueueLimits,
  createGatherer: () => Gatherer<T>,
): BatchQueue<T> {
  const open = new Map<string, OpenBatch<T>>();
  const sealed: OpenBatch<T>[] = [];
  let count = 0;
  let bytes = 0;
  return {
    push(key, item, itemBytes) {
      if (count >= queueDatagrams || bytes + itemBytes > queueBytes) return false;
      count += 1;
      bytes += itemBytes;
      let batch = open.get(key);
      if (!batch) {
        batch = { key, gatherer: createGatherer(), count: 0, bytes: 0 };
        open.set(key, batch);
      }
      batch.gatherer.add(item);
      batch.count += 1;
      batch.bytes += itemBytes;
      if (batch.bytes >= batchBytes) {
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
      return sealed.splice(0, taken);
    },
    release(batches, reuse) {
      for (const batch of batches) {
        count -= batch.count;
        bytes -= batch.bytes;
        if (reuse) batch.gatherer.recycle();
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
