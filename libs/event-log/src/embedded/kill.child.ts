/**
 * The victim of kill.test.ts: `kill.child.ts DIRECTORY FIRST_NUMBER`. Appends the numbers from the first on, names on
 * stdout each one that was acknowledged, and copies what it appends in a group, until it is killed.
 */
import { writeSync } from 'node:fs';
import { createEmbeddedLog } from './embedded-log.ts';

const [directory = '', firstNumber = '0'] = process.argv.slice(2);
const log = await createEmbeddedLog({ directory });
const retention = { retentionMs: 3_600_000, retentionBytes: 2 ** 30 };
await log.ensureTopics([
  { name: 'in', partitions: 3, ...retention },
  { name: 'out', partitions: 2, ...retention },
]);
await log.subscribe({
  topics: ['in'],
  group: 'copy',
  startAt: 'earliest',
  maxBatchBytes: 100_000,
  onBatch: async ({ records }) => records.map(({ key, value }) => ({ topic: 'out', key, value })),
});

for (let number = Number(firstNumber); ;) {
  const records = Array.from({ length: 1 + (number % 4) }, () => {
    // Some values are large, so that the kill finds transactions of all sizes.
    const value = Buffer.alloc(number % 7 === 0 ? 65_536 : 64);
    value.writeUInt32BE(number);
    number += 1;
    return { topic: 'in', key: `gw${number % 10}`, value };
  });
  await log.append(records);
  writeSync(1, `${number - 1}\n`);
}
