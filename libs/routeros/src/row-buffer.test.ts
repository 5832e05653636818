import { describe, expect, it } from 'vitest';
import { RowBuffer } from './row-buffer.ts';

const row = (n: number): Record<string, string> => ({ n: String(n) });

async function readAll(buffer: RowBuffer): Promise<string[]> {
  const seen: string[] = [];
  for (;;) {
    const { done, value } = await buffer.next();
    if (done === true) return seen;
    seen.push(value['n'] ?? '');
  }
}

describe('RowBuffer', () => {
  it('gives rows in order, to readers that came before and after them', async () => {
    const buffer = new RowBuffer({ maxRows: 10, maxBytes: 100 });
    const early = [buffer.next(), buffer.next()];
    for (const n of [1, 2, 3]) buffer.push(row(n), 1);
    expect(await Promise.all(early)).toEqual([1, 2].map((n) => ({ done: false, value: row(n) })));
    buffer.end();
    expect(await readAll(buffer)).toEqual(['3']);
  });

  it('lets the oldest go when there are too many, and counts them', async () => {
    const buffer = new RowBuffer({ maxRows: 2, maxBytes: 100 });
    for (const n of [1, 2, 3, 4]) buffer.push(row(n), 1);
    buffer.end();
    expect(await readAll(buffer)).toEqual(['3', '4']);
    expect(buffer.dropped).toBe(2);
  });

  it('lets as many go as the bytes of a row need, and keeps one that is larger than the limit', async () => {
    const buffer = new RowBuffer({ maxRows: 10, maxBytes: 10 });
    for (const n of [1, 2, 3]) buffer.push(row(n), 3);
    expect(buffer.isFull(1)).toBe(false);
    expect(buffer.isFull(2)).toBe(true);
    buffer.push(row(4), 7);
    expect(buffer.dropped).toBe(2);
    buffer.push(row(5), 1_000);
    expect(buffer.dropped).toBe(4);
    buffer.end();
    expect(await readAll(buffer)).toEqual(['5']);
  });

  it('tells the error after the rows, once', async () => {
    const buffer = new RowBuffer({ maxRows: 10, maxBytes: 100 });
    buffer.push(row(1), 1);
    buffer.end(new Error('lost'));
    buffer.push(row(2), 1);
    expect(await buffer.next()).toEqual({ done: false, value: row(1) });
    await expect(buffer.next()).rejects.toThrow('lost');
    expect(await buffer.next()).toEqual({ done: true, value: undefined });
  });

  it('wakes every reader at the end, and the first of them with the error', async () => {
    const buffer = new RowBuffer({ maxRows: 10, maxBytes: 100 });
    const [first, second] = [buffer.next(), buffer.next()];
    buffer.end(new Error('lost'));
    await expect(first).rejects.toThrow('lost');
    expect(await second).toEqual({ done: true, value: undefined });
  });

  it('forgets everything when nobody reads any more', async () => {
    const buffer = new RowBuffer({ maxRows: 10, maxBytes: 100 });
    buffer.push(row(1), 1);
    buffer.discard();
    buffer.push(row(2), 1);
    expect(await readAll(buffer)).toEqual([]);
  });
});
