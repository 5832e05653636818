import { temporaryFolder, until } from '@fairlead/testkit';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createEmbeddedLog } from './embedded/embedded-log.ts';
import { withLagMetric } from './lag-metric.ts';

it('says how far behind a group is in each partition, and that it has caught up', async () => {
  const folder = temporaryFolder();
  const registry = new Registry();
  const log = withLagMetric(await createEmbeddedLog({ directory: folder.path }), registry);
  await log.ensureTopics([
    { name: 'numbers', partitions: 2, retentionMs: 3_600_000, retentionBytes: 2 ** 20 },
  ]);
  const lag = async (): Promise<number[]> =>
    (await registry.getMetricsAsJSON()).flatMap(({ name, values }) =>
      name === 'fairlead_log_lag' ? values.map(({ value }) => value) : [],
    );

  let mayFinish = false;
  await log.append([1, 2, 3].map((n) => ({ topic: 'numbers', key: 'a', value: Uint8Array.of(n) })));
  expect(await lag()).toEqual([]);
  await log.subscribe({
    topics: ['numbers'],
    group: 'readers',
    startAt: 'earliest',
    onBatch: async () => {
      await until('leave to finish', () => mayFinish);
    },
  });
  expect((await lag()).sort()).toEqual([0, 3]);
  mayFinish = true;
  await until('the commit', async () => (await lag()).every((value) => value === 0));
  await log.close();
  folder.remove();
});
