import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEmbeddedLog, type EventLog } from '../index.ts';

const TRANSACTION_AT = 8;
let folder: ReturnType<typeof temporaryFolder>;
let log: EventLog;
let lockFile: number;

beforeEach(async () => {
  folder = temporaryFolder('fairlead-newest-commit-');
  log = await createEmbeddedLog({ directory: folder.path });
  await log.ensureTopics([{ name: 't', partitions: 1, retentionMs: 60_000, retentionBytes: 2 ** 20 }]);
  lockFile = openSync(join(folder.path, 'lock.mdb'), 'r+');
});

afterEach(async () => {
  await log.close();
  closeSync(lockFile);
  folder.remove();
});

/** What a process does that opens the log while others commit: it sets the newest transaction back to what it read. */
function setBack(transactions: number): void {
  const number = Buffer.alloc(8);
  readSync(lockFile, number, 0, 8, TRANSACTION_AT);
  number.writeBigUInt64LE(number.readBigUInt64LE() - BigInt(transactions));
  writeSync(lockFile, number, 0, 8, TRANSACTION_AT);
}

const append = (value: string): Promise<unknown> =>
  log.append([{ topic: 't', key: 'k', value: Buffer.from(value) }]);

it.each([1, 2, 3])(
  'keeps what was acknowledged when the newest transaction is set back by %i',
  async (by) => {
    for (const value of ['a', 'b', 'c', 'd']) await append(value);
    setBack(by);
    await append('e');
    await append('f');
    const records = await log.read('t', 0, 0, 100);
    expect(records.map(({ value }) => Buffer.from(value).toString())).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  },
);
