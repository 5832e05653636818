import { temporaryFolder, until } from '@fairlead/testkit';
import { afterAll, expect, it } from 'vitest';
import { describeEventLog } from '../testing/index.ts';
import { createEmbeddedLog } from './embedded-log.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

describeEventLog('the embedded log', async () => ({
  met: true,
  open: () => createEmbeddedLog({ directory: folder.path, pollMs: 50, retentionIntervalMs: 50 }),
}));

it('does not let a batch linger that is full already', async () => {
  const own = temporaryFolder();
  const log = await createEmbeddedLog({ directory: own.path });
  await log.ensureTopics([{ name: 't', partitions: 1, retentionMs: 60_000, retentionBytes: 2 ** 30 }]);
  await log.append([1, 2, 3, 4, 5].map((n) => ({ topic: 't', key: 'a', value: Uint8Array.of(n, n, n) })));
  const batches: number[] = [];
  await log.subscribe({
    topics: ['t'],
    startAt: 'earliest',
    maxBatchBytes: 8,
    lingerMs: 600_000,
    onBatch: async ({ records }) => void batches.push(records.length),
  });
  await until('two full batches', () => batches.length === 2);
  expect(batches).toEqual([2, 2]);
  await log.close();
  own.remove();
});
