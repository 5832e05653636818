import { describe, expect, it } from 'vitest';
import { type Batch, type BatchQueue, createBatchQueue } from './batch-queue.ts';

const limits = { queueBytes: 100, queueDatagrams: 10, batchBytes: 30 };

/** A queue of small numbers; a value is their bytes. */
function createQueue(recycle: () => void = () => undefined): BatchQueue<number> {
  return createBatchQueue(limits, () => {
    const items: number[] = [];
    return {
      add: (item) => void items.push(item),
      finish: () => Uint8Array.from(items),
      recycle,
    };
  });
}

const contents = (batches: readonly Batch[]): unknown[] =>
  batches.map(({ key, count, bytes, gatherer }) => [key, [...gatherer.finish()], count, bytes]);

describe('a batch queue', () => {
  it('gathers what has the same key, in order', () => {
    const queue = createQueue();
    for (const [key, item] of [
      ['a', 1],
      ['b', 2],
      ['a', 3],
    ] as const) {
      queue.push(key, item, 10);
    }
    expect(queue.take(1_000)).toEqual([]);
    queue.seal();
    expect(contents(queue.take(1_000))).toEqual([
      ['a', [1, 3], 2, 20],
      ['b', [2], 1, 10],
    ]);
  });

  it('closes a batch that is large enough', () => {
    const queue = createQueue();
    for (let i = 0; i < 4; i += 1) queue.push('a', i, 10);
    expect(contents(queue.take(1_000))).toEqual([['a', [0, 1, 2], 3, 30]]);
    queue.seal();
    expect(contents(queue.take(1_000))).toEqual([['a', [3], 1, 10]]);
  });

  it('gives the oldest first, as much as is asked for, and at least one batch', () => {
    const queue = createQueue();
    for (const key of ['a', 'b', 'c']) queue.push(key, 0, 30);
    expect(queue.take(1).map(({ key }) => key)).toEqual(['a']);
    expect(queue.take(60).map(({ key }) => key)).toEqual(['b', 'c']);
  });

  it('is full by count or by bytes until what was taken is released', () => {
    const queue = createQueue();
    for (let i = 0; i < 10; i += 1) expect(queue.push('a', i, 1)).toBe(true);
    expect(queue.push('a', 10, 1)).toBe(false);
    queue.seal();
    const taken = queue.take(1_000);
    expect(queue.push('a', 11, 1)).toBe(false);
    queue.release(taken, true);
    expect(queue.count).toBe(0);
    expect(queue.push('a', 12, 100)).toBe(true);
    expect(queue.push('b', 13, 1)).toBe(false);
  });

  it('uses the memory of a value again only when nobody reads it any more', () => {
    let recycled = 0;
    const queue = createQueue(() => (recycled += 1));
    for (const reuse of [false, true]) {
      queue.push('a', 1, 30);
      queue.release(queue.take(30), reuse);
      expect([queue.count, recycled]).toEqual([0, reuse ? 1 : 0]);
    }
  });
});
