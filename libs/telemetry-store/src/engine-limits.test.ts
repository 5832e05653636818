import { readdirSync } from 'node:fs';
import { temporaryFolder } from '@fairlead/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ChdbStore, createChdbStore } from './chdb-store.ts';
import { engineArguments } from './engine-limits.ts';

const PARTS = 400;
const folder = temporaryFolder('fairlead-limits-');
let store: ChdbStore;

beforeAll(async () => {
  store = await createChdbStore({ directory: folder.path, migrations: [droppingManyParts] });
});

afterAll(async () => {
  await store.close();
  folder.remove();
});

/** Leaves as many parts behind as a table does that lets go of its oldest ones, all at once. */
const droppingManyParts = {
  version: 1,
  name: '0001_many_parts.sql',
  text: `CREATE TABLE many (n UInt32) ENGINE = MergeTree PARTITION BY n ORDER BY n;
INSERT INTO many SELECT number FROM numbers(${PARTS}) SETTINGS max_partitions_per_insert_block = 0;
DROP TABLE many SYNC;`,
};

const threads = (): number => readdirSync('/proc/self/task').length;

it('opens the engine with limits that it knows', async () => {
  const names = engineArguments.map((argument) => `'${argument.slice(2).split('=')[0]}'`);
  const { body } = await store.query(
    `SELECT concat('--', name, '=', value) FROM system.server_settings WHERE name IN (${names.join(', ')})`,
  );
  const known = new TextDecoder().decode(body).trim().split('\n');
  expect(known.sort()).toEqual([...engineArguments].sort());
});

it('keeps no thread for each of the parts that are let go at once', async () => {
  const before = threads();
  await store.migrate();
  expect(threads() - before).toBeLessThan(24);
});
