import { describe, expect, it } from 'vitest';
import { createBatchQueue } from './batch-queue.ts';

const limits = { queueBytes: 100, queueDatagrams: 10, batchBytes: 30 };

describe('a batch queue', () => {
  it('gathers what has the same key, in order', () => {
    const queue = createBatchQueue<string>(limits);
    for (const [key, item] of [
      ['a', 'a1'],
      ['b', 'b1'],
      ['a', 'a2'],
    ] as const) {
      queue.push(key, item, 10);
    }
    expect(queue.take(1_000)).toEqual([]);
    queue.seal();
    expect(queue.take(1_000)).toEqual([
      { key: 'a', items: ['a1', 'a2'], bytes: 20 },
      { key: 'b', items: ['b1'], bytes: 10 },
    ]);
  });

  it('closes a batch that is large enough', () => {
    const queue = createBatchQueue<number>(limits);
    for (let i = 0; i < 4; i += 1) queue.push('a', i, 10);
    expect(queue.take(1_000)).toEqual([{ key: 'a', items: [0, 1, 2], bytes: 30 }]);
    queue.seal();
    expect(queue.take(1_000)).toEqual([{ key: 'a', items: [3], bytes: 10 }]);
  });

  it('gives the oldest first, as much as is asked for, and at least one batch', () => {
    const queue = createBatchQueue<number>(limits);
    for (const key of ['a', 'b', 'c']) queue.push(key, 0, 30);
    expect(queue.take(1).map(({ key }) => key)).toEqual(['a']);
    expect(queue.take(60).map(({ key }) => key)).toEqual(['b', 'c']);
  });

  it('is full by count or by bytes until what was taken is released', () => {
    const queue = createBatchQueue<number>(limits);
    for (let i = 0; i < 10; i += 1) expect(queue.push('a', i, 1)).toBe(true);
    expect(queue.push('a', 10, 1)).toBe(false);
    queue.seal();
    const taken = queue.take(1_000);
    expect(queue.push('a', 11, 1)).toBe(false);
    queue.release(taken);
    expect(queue.count).toBe(0);
    expect(queue.push('a', 12, 100)).toBe(true);
    expect(queue.push('b', 13, 1)).toBe(false);
  });
});
