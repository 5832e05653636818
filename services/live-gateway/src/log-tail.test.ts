import { encodeFrames, WanUtilisation } from '@fairlead/model';
import { topics } from '@fairlead/topics';
import { expect, it } from 'vitest';
import { readTail } from './log-tail.ts';
import { createMemoryLog, utilisation } from './testing/index.ts';

const topic = topics.wanUtilisation;

/** A log with one sample a second, each in a value of its own, appended at its own time. */
async function logOf(count: number) {
  let nowMs = 0;
  const log = createMemoryLog(() => nowMs);
  for (nowMs = 0; nowMs < count * 1_000; nowMs += 1_000) {
    const value = encodeFrames(WanUtilisation, [utilisation('ISP1', nowMs)]);
    await log.append([{ topic: topic.name, key: 'gw1', value }]);
  }
  return log;
}

it('reads what is newer than a time, however far back that is', async () => {
  const log = await logOf(1_700);
  const tail = await readTail(log, topic, { sinceMs: 400_000, values: 10_000 });
  expect(tail.records.map(({ timeMs }) => timeMs)).toEqual(
    Array.from({ length: 1_300 }, (_, i) => 400_000 + i * 1_000),
  );
  expect(tail.next).toEqual(new Map([[0, 1_700]]));
});

it('reads no more than the last values', async () => {
  const tail = await readTail(await logOf(1_700), topic, { sinceMs: 0, values: 3 });
  expect(tail.records.map(({ timeMs }) => timeMs)).toEqual([1_697_000, 1_698_000, 1_699_000]);
});

it('counts what it cannot decode and goes on', async () => {
  const log = await logOf(2);
  await log.append([{ topic: topic.name, key: 'gw1', value: new Uint8Array([200, 1]) }]);
  const tail = await readTail(log, topic, { sinceMs: 0, values: 10 });
  expect([tail.records.length, tail.broken]).toEqual([2, 1]);
});
