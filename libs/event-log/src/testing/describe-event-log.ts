import { randomUUID } from 'node:crypto';
import { type Requirement, until } from '@fairlead/testkit';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { partitionOf } from '../partitioner.ts';
import {
  AppendError,
  type EventLog,
  type InspectableLog,
  type LogBatch,
  type LogRecord,
  type NewRecord,
  type SubscribeOptions,
  type Subscription,
} from '../port.ts';

export interface LogUnderTest {
  /** Opens the log; every call opens the same one, as another process would. */
  open(): Promise<InspectableLog>;
}

/**
 * What every adapter promises. `prepare` runs once; an unmet requirement skips the suite with its reason.
 */
export function describeEventLog(
  name: string,
  prepare: () => Promise<Requirement & Partial<LogUnderTest>>,
): void {
  describe(`${name} keeps the contract of the event log`, () => {
    let under: Requirement & Partial<LogUnderTest>;
    const open: InspectableLog[] = [];
    const another = async (): Promise<InspectableLog> => {
      if (!under.open) throw new Error('the requirement is met, but there is no log');
      const opened = await under.open();
      open.push(opened);
      return opened;
    };
    let log: InspectableLog;

    beforeAll(async () => {
      under = await prepare();
    });
    beforeEach(async (ctx) => {
      if (!under.met) return ctx.skip(under.reason);
      log = await another();
    });
    afterEach(async () => {
      await Promise.all(open.splice(0).map((opened) => opened.close()));
    });

    const newTopic = async (partitions = 1): Promise<string> => {
      const topic = `conformance.${randomUUID()}`;
      await log.ensureTopics([{ name: topic, partitions, retentionMs: 3_600_000, retentionBytes: 2 ** 30 }]);
      return topic;
    };

    describe('append', () => {
      it('gives the records of a partition dense offsets in the order of the calls', async () => {
        const topic = await newTopic();
        const positions = await Promise.all([
          log.append([record(topic, 'a', 0), record(topic, 'b', 1)]),
          log.append([record(topic, 'a', 2)]),
        ]);
        expect(positions.flat()).toEqual([0, 1, 2].map((offset) => ({ topic, partition: 0, offset })));
        expect(numbersIn(await log.read(topic, 0, 0, 10))).toEqual([0, 1, 2]);
      });

      it('keeps a key in one partition and in order, and answers in the order of the records', async () => {
        const topic = await newTopic(4);
        const keys = ['gw1', 'gw2', 'gw3', 'gw4', 'gw5'];
        const records = Array.from({ length: 50 }, (_, n) => record(topic, keys[n % keys.length] ?? '', n));
        const positions = await log.append(records);
        const kept = (await Promise.all([0, 1, 2, 3].map((p) => log.read(topic, p, 0, 100)))).flat();
        expect(kept).toHaveLength(50);
        for (const key of keys) {
          const ofKey = kept.filter((r) => r.key === key);
          expect(new Set(ofKey.map((r) => r.partition)).size).toBe(1);
          expect(numbersIn(ofKey)).toEqual(ascending(numbersIn(ofKey)));
        }
        for (const [n, { partition, offset }] of positions.entries()) {
          const found = kept.find((r) => r.partition === partition && r.offset === offset);
          expect(found && numberIn(found)).toBe(n);
        }
      });

      it('keeps key, value and time as they were, the empty and the large', async () => {
        const topic = await newTopic();
        const large = new Uint8Array(2 ** 20).map((_, at) => at * 31);
        const before = Date.now();
        await log.append([{ topic, key: 'Ålesund 🛳', value: large }]);
        await log.append([{ topic, key: '', value: new Uint8Array() }]);
        const [first, second] = await log.read(topic, 0, 0, 2);
        expect(first?.key).toBe('Ålesund 🛳');
        expect(Buffer.compare(first?.value ?? new Uint8Array(), large)).toBe(0);
        expect(first?.timestampMs).toBeGreaterThanOrEqual(before);
        expect(first?.timestampMs).toBeLessThanOrEqual(Date.now());
        expect([second?.key, second?.value.byteLength]).toEqual(['', 0]);
      });

      it('does not look at a value once it has resolved', async () => {
        const topic = await newTopic();
        const memory = new Uint8Array(100_000);
        for (const number of [1, 2, 3]) {
          await log.append([{ topic, key: 'a', value: memory.fill(number).subarray(1) }]);
        }
        memory.fill(9);
        const kept = await log.read(topic, 0, 0, 3);
        expect(kept.map(({ value }) => [value.byteLength, ...new Set(value)])).toEqual([
          [99_999, 1],
          [99_999, 2],
          [99_999, 3],
        ]);
      });

      it('refuses a topic that does not exist, and keeps nothing of that call', async () => {
        const topic = await newTopic();
        const appended = log.append([record(topic, 'a', 1), record(`${topic}.absent`, 'a', 1)]);
        await expect(appended).rejects.toThrow(AppendError);
        expect(await log.read(topic, 0, 0, 10)).toEqual([]);
      });

      it('does nothing for no records, and refuses when the log is closed', async () => {
        const topic = await newTopic();
        expect(await log.append([])).toEqual([]);
        await log.close();
        await expect(log.append([record(topic, 'a', 1)])).rejects.toThrow(AppendError);
      });
    });

    describe('topics', () => {
      it('creates what is missing and leaves what exists', async () => {
        const topic = await newTopic(2);
        await log.append([record(topic, 'a', 1)]);
        const missing = `${topic}.missing`;
        const spec = { partitions: 3, retentionMs: 3_600_000, retentionBytes: 2 ** 30 };
        await log.ensureTopics([
          { name: topic, ...spec },
          { name: missing, ...spec },
        ]);
        expect(await log.partitions(topic)).toHaveLength(2);
        expect(await log.partitions(missing)).toHaveLength(3);
      });

      it('says how a topic differs from what it should be, and changes nothing', async () => {
        const topic = await newTopic(2);
        const wanted = { name: topic, partitions: 2, retentionMs: 3_600_000, retentionBytes: 2 ** 30 };
        const absent = { ...wanted, name: `${topic}.absent` };
        const other = { ...wanted, partitions: 3, retentionMs: 60_000, compacted: false };
        const unlike = {
          name: topic,
          exists: true,
          differences: [
            { setting: 'partitions', wanted: '3', found: '2' },
            { setting: 'retentionMs', wanted: '60000', found: '3600000' },
          ],
        };
        expect(await log.compareTopics([wanted, absent, other, { ...wanted, compacted: true }])).toEqual([
          { name: topic, exists: true, differences: [] },
          { name: absent.name, exists: false, differences: [] },
          unlike,
          {
            name: topic,
            exists: true,
            differences: [{ setting: 'compacted', wanted: 'true', found: 'false' }],
          },
        ]);
        await log.ensureTopics([other]);
        expect(await log.compareTopics([other])).toEqual([unlike]);
        await expect(log.partitions(absent.name)).rejects.toThrow(absent.name);
      });

      it('keeps the newest of each key of a compacted one, readable in order', async () => {
        const topic = `conformance.${randomUUID()}`;
        const spec = { name: topic, partitions: 1, retentionMs: 1, retentionBytes: 1, compacted: true };
        await log.ensureTopics([spec]);
        expect(await log.compareTopics([spec])).toEqual([{ name: topic, exists: true, differences: [] }]);
        for (const [key, number] of [
          ['a', 1],
          ['b', 2],
          ['a', 3],
          ['c', 4],
          ['b', 5],
        ] as const) {
          await log.append([record(topic, key, number)]);
        }
        const seen = await collect(log, { topics: [topic], group: newGroup(), startAt: 'earliest' });
        await until('the newest', () => seen.numbers().includes(5), { everyMs: 10 });
        expect(seen.numbers().slice(-3)).toEqual([3, 4, 5]);
        expect(numbersIn(await log.read(topic, 0, 0, 10)).slice(-3)).toEqual([3, 4, 5]);
        await log.append([record(topic, 'c', 6)]);
        await until('what comes after', () => seen.numbers().includes(6), { everyMs: 10 });
        await seen.stop();
      });

      it('describes partitions and the groups that read them', async () => {
        const topic = await newTopic(2);
        const group = newGroup();
        await log.append([record(topic, 'a', 0), record(topic, 'a', 1)]);
        const seen = await collect(log, { topics: [topic], group, startAt: 'earliest' });
        await seen.has(2);
        await until('the commit', async () => [...(await log.committed(group, topic)).values()].includes(2));
        await seen.stop();
        await log.append([record(topic, 'a', 2)]);
        const described = await (await another()).describe([topic, `${topic}.absent`]);
        expect(described.map(({ topic: name, partition }) => [name, partition])).toEqual([
          [topic, 0],
          [topic, 1],
        ]);
        const [read] = described.filter(({ nextOffset }) => nextOffset > 0);
        expect(read).toMatchObject({ firstOffset: 0, groups: [{ group, committed: 2, lag: 1 }] });
        expect(read?.groups[0]?.owner).toBeUndefined();
      });

      it('says what a partition holds, also to another process', async () => {
        const topic = await newTopic();
        expect(await log.partitions(topic)).toEqual([{ topic, partition: 0, firstOffset: 0, nextOffset: 0 }]);
        await log.append([record(topic, 'a', 0), record(topic, 'a', 1)]);
        const other = await another();
        expect(await other.partitions(topic)).toEqual([
          { topic, partition: 0, firstOffset: 0, nextOffset: 2 },
        ]);
      });

      it('refuses to read, subscribe to or describe a topic that does not exist', async () => {
        const topic = `conformance.${randomUUID()}`;
        await expect(log.partitions(topic)).rejects.toThrow(topic);
        await expect(log.read(topic, 0, 0, 1)).rejects.toThrow(topic);
        await expect(
          log.subscribe({ topics: [topic], startAt: 'earliest', onBatch: async () => undefined }),
        ).rejects.toThrow(topic);
      });

      it('refuses names that Kafka would refuse', async () => {
        const spec = { partitions: 1, retentionMs: 1_000, retentionBytes: 1_000 };
        await expect(log.ensureTopics([{ name: 'has space', ...spec }])).rejects.toThrow('has space');
      });
    });

    describe('read', () => {
      it('begins at the offset, ends at the limit, and is empty at the end', async () => {
        const topic = await newTopic();
        await log.append(Array.from({ length: 10 }, (_, n) => record(topic, 'a', n)));
        expect(numbersIn(await log.read(topic, 0, 4, 3))).toEqual([4, 5, 6]);
        expect(numbersIn(await log.read(topic, 0, 8, 5))).toEqual([8, 9]);
        expect(await log.read(topic, 0, 10, 5)).toEqual([]);
      });

      it('can be begun at a time, because times do not go back', async () => {
        const topic = await newTopic();
        await log.append([0, 1, 2, 3].map((n) => record(topic, 'a', n)));
        const before = Math.max(...(await log.read(topic, 0, 0, 10)).map(({ timestampMs }) => timestampMs));
        await until('the clock goes on', () => Date.now() > before, { everyMs: 1 });
        await log.append([4, 5, 6].map((n) => record(topic, 'a', n)));
        let [from, to] = [0, 7];
        while (from < to) {
          const middle = Math.floor((from + to) / 2);
          const [found] = await log.read(topic, 0, middle, 1);
          if ((found?.timestampMs ?? 0) > before) to = middle;
          else from = middle + 1;
        }
        expect(numbersIn(await log.read(topic, 0, from, 10))).toEqual([4, 5, 6]);
      });
    });

    describe('retention', () => {
      it('lets go of what is too old, and the offsets go on', async () => {
        const topic = `conformance.${randomUUID()}`;
        await log.ensureTopics([{ name: topic, partitions: 1, retentionMs: 1_000, retentionBytes: 2 ** 30 }]);
        await log.append([0, 1, 2].map((n) => record(topic, 'a', n)));
        await until('all are gone', async () => (await log.partitions(topic))[0]?.firstOffset === 3, {
          timeoutMs: 60_000,
        });
        const seen = await collect(log, { topics: [topic], group: newGroup(), startAt: 'earliest' });
        expect(await log.append([record(topic, 'a', 3)])).toEqual([{ topic, partition: 0, offset: 3 }]);
        await seen.has(1);
        expect(seen.numbers()).toEqual([3]);
      });
    });

    describe('a million small records', () => {
      it('arrive, and those of a key in order', { timeout: 300_000 }, async () => {
        const topic = await newTopic(4);
        const [count, keys] = [1_000_000, 16];
        const next = Array.from({ length: keys }, (_, key) => key);
        let arrived = 0;
        let tooEarly = 0;
        const reader = await log.subscribe({
          topics: [topic],
          group: newGroup(),
          startAt: 'earliest',
          async onBatch({ records }) {
            for (const each of records) {
              const key = Number(each.key);
              const number = numberIn(each);
              const wanted = next[key] ?? 0;
              // Once more is allowed: a member that is too busy to be heard of loses what it has not committed.
              if (number < wanted) continue;
              if (number > wanted) tooEarly += 1;
              next[key] = number + keys;
              arrived += 1;
            }
          },
        });
        for (let first = 0; first < count; first += 20_000) {
          await log.append(
            Array.from({ length: 20_000 }, (_, n) => record(topic, String((first + n) % keys), first + n)),
          );
        }
        await until('all of them', () => arrived + tooEarly >= count, { timeoutMs: 240_000 });
        await reader.stop();
        expect([arrived, tooEarly]).toEqual([count, 0]);
      });
    });

    describe('a group', () => {
      it('continues where it has committed, in another process', async () => {
        const topic = await newTopic();
        const group = newGroup();
        await log.append([record(topic, 'a', 0), record(topic, 'a', 1)]);
        expect(await log.committed(group, topic)).toEqual(new Map());
        const first = await collect(log, { topics: [topic], group, startAt: 'earliest' });
        await first.has(2);
        await first.stop();
        expect(await log.committed(group, topic)).toEqual(new Map([[0, 2]]));
        await log.append([record(topic, 'a', 2)]);
        const second = await collect(await another(), { topics: [topic], group, startAt: 'earliest' });
        await second.has(1);
        expect(second.numbers()).toEqual([2]);
      });

      it('that starts at the latest misses nothing from there on', async () => {
        const topic = await newTopic();
        const group = newGroup();
        await log.append([record(topic, 'a', 0)]);
        const first = await collect(log, { topics: [topic], group, startAt: 'latest' });
        await first.stop();
        await log.append([record(topic, 'a', 1)]);
        const second = await collect(log, { topics: [topic], group, startAt: 'latest' });
        await second.has(1);
        expect([...first.numbers(), ...second.numbers()]).toEqual([1]);
      });

      it('gets the same records again when its work is rejected, and then goes on', async () => {
        const topic = await newTopic();
        const attempts: number[][] = [];
        const errors: unknown[] = [];
        await log.append([record(topic, 'a', 0), record(topic, 'a', 1)]);
        const seen = await collect(
          log,
          { topics: [topic], group: newGroup(), startAt: 'earliest', onError: (error) => errors.push(error) },
          async (batch) => {
            attempts.push(numbersIn(batch.records));
            if (attempts.length <= 2) throw new Error(`attempt ${attempts.length}`);
          },
        );
        await seen.has(2);
        await log.append([record(topic, 'a', 2)]);
        await seen.has(3);
        expect(attempts.slice(0, 3)).toEqual([
          [0, 1],
          [0, 1],
          [0, 1],
        ]);
        expect(seen.numbers()).toEqual([0, 1, 2]);
        expect(errors.map(String)).toEqual(['Error: attempt 1', 'Error: attempt 2']);
      });

      it('goes on with the other partitions while one is rejected', async () => {
        const topic = await newTopic(4);
        const [bad, good] = ['gw1', 'gw2'];
        expect(partitionOf(bad, 4)).not.toBe(partitionOf(good, 4));
        const seen = await collect(
          log,
          { topics: [topic], group: newGroup(), startAt: 'earliest' },
          async (batch) => {
            if (batch.records.some((r) => r.key === bad)) throw new Error('never');
          },
        );
        await log.append([record(topic, bad, 0), record(topic, good, 1)]);
        await seen.has(1);
        await log.append([record(topic, good, 2)]);
        await seen.has(2);
        expect(seen.numbers()).toEqual([1, 2]);
      });

      it('shares the partitions among its members without overlap', async () => {
        const topic = await newTopic(4);
        const group = newGroup();
        const options: Omit<SubscribeOptions, 'onBatch'> = { topics: [topic], group, startAt: 'earliest' };
        const members = [await collect(log, options), await collect(log, options)];
        await log.append(Array.from({ length: 100 }, (_, n) => record(topic, `gw${n}`, n)));
        const numbers = (): number[] => members.flatMap((member) => member.numbers());
        await until('all records', () => numbers().length >= 100);
        expect(ascending(numbers())).toEqual(Array.from({ length: 100 }, (_, n) => n));
        for (const member of members) expect(member.numbers().length).toBeGreaterThan(0);
      });

      it('hands the partitions of a member that stops to those that stay', async () => {
        const topic = await newTopic(4);
        const group = newGroup();
        const options: Omit<SubscribeOptions, 'onBatch'> = { topics: [topic], group, startAt: 'earliest' };
        const leaves = await collect(log, options);
        const stays = await collect(log, options);
        await log.append(Array.from({ length: 20 }, (_, n) => record(topic, `gw${n}`, n)));
        await until('all records', () => leaves.numbers().length + stays.numbers().length >= 20);
        await leaves.stop();
        await log.append(Array.from({ length: 20 }, (_, n) => record(topic, `gw${n}`, 20 + n)));
        await until('all records', () => leaves.numbers().length + stays.numbers().length >= 40);
        expect(ascending([...leaves.numbers(), ...stays.numbers()])).toEqual(
          Array.from({ length: 40 }, (_, n) => n),
        );
        expect(ascending(stays.numbers()).slice(-20)).toEqual(Array.from({ length: 20 }, (_, n) => 20 + n));
      });

      it('says another tenure of a partition that another member has had', async () => {
        const topic = await newTopic(2);
        const group = newGroup();
        const options: Omit<SubscribeOptions, 'onBatch'> = { topics: [topic], group, startAt: 'earliest' };
        const appendToAll = async (number: number): Promise<void> => {
          await log.append(Array.from({ length: 8 }, (_, key) => record(topic, `gw${key}`, number)));
        };
        const stays = await collect(log, options);
        const tenuresOf = (partition: number): unknown[] =>
          stays.batches.filter((batch) => batch.partition === partition).map(({ tenure }) => tenure);
        await appendToAll(1);
        await stays.has(8);
        await appendToAll(2);
        await stays.has(16);
        const before = [0, 1].map((partition) => tenuresOf(partition).at(-1));
        for (const partition of [0, 1]) expect(new Set(tenuresOf(partition)).size).toBe(1);

        const visitor = await collect(await another(), options);
        await until('the visitor has some', async () => {
          await appendToAll(3);
          return visitor.batches.length > 0;
        });
        const visited = visitor.batches[0]?.partition ?? -1;
        await visitor.stop();
        await appendToAll(4);
        await until('what the visitor had comes back', () =>
          stays.batches.some(
            ({ partition, records }) => partition === visited && numbersIn(records).includes(4),
          ),
        );
        expect(tenuresOf(visited).at(-1)).not.toBe(before[visited]);
      });

      it('has one call at a time for each partition', async () => {
        const topic = await newTopic(2);
        const busy = new Set<number>();
        let overlaps = 0;
        const seen = await collect(
          log,
          { topics: [topic], group: newGroup(), startAt: 'earliest', maxBatchBytes: 8 },
          async ({ partition }) => {
            if (busy.has(partition)) overlaps += 1;
            busy.add(partition);
            await new Promise((resolve) => setTimeout(resolve, 2));
            busy.delete(partition);
          },
        );
        for (let n = 0; n < 20; n += 1) await log.append([record(topic, `gw${n}`, n)]);
        await seen.has(20);
        expect(overlaps).toBe(0);
      });
    });

    describe('outputs', () => {
      it('appear once for each batch, and only of the attempt that succeeded', async () => {
        const input = await newTopic();
        const output = await newTopic(2);
        const group = newGroup();
        let failures = 0;
        await log.append(Array.from({ length: 9 }, (_, n) => record(input, 'a', n)));
        const seen = await collect(
          log,
          { topics: [input], group, startAt: 'earliest', maxBatchBytes: 12 },
          async ({ records }) => {
            if (records[0]?.offset === 3 && (failures += 1) < 3) throw new Error('not yet');
            return records.map((r) => record(output, `k${numberIn(r)}`, numberIn(r) * 10));
          },
        );
        await seen.has(9);
        await seen.stop();
        const outputs = await collect(log, { topics: [output], startAt: 'earliest' });
        await outputs.has(9);
        expect(ascending(outputs.numbers())).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80]);
        await expect.poll(() => log.committed(group, input)).toEqual(new Map([[0, 9]]));
      });

      it('that cannot be appended leave nothing committed', async () => {
        const input = await newTopic();
        const output = await newTopic();
        const group = newGroup();
        const errors: unknown[] = [];
        await log.append([record(input, 'a', 1)]);
        const seen = await collect(
          log,
          { topics: [input], group, startAt: 'earliest', onError: (error) => errors.push(error) },
          async () => [record(output, 'a', 1), record(`${output}.absent`, 'a', 1)],
        );
        await until('an error', () => errors.length > 0);
        await seen.stop();
        expect(errors[0]).toBeInstanceOf(AppendError);
        expect(await log.committed(group, input)).toEqual(new Map());
        expect(await log.read(output, 0, 0, 10)).toEqual([]);
      });

      it('of a subscriber without a group are appended too', async () => {
        const input = await newTopic();
        const output = await newTopic();
        await log.append([record(input, 'a', 7)]);
        const seen = await collect(log, { topics: [input], startAt: 'earliest' }, async () => [
          record(output, 'a', 8),
        ]);
        await seen.has(1);
        await seen.stop();
        expect(numbersIn(await log.read(output, 0, 0, 10))).toEqual([8]);
      });
    });

    describe('a subscriber without a group', () => {
      it('sees everything from the earliest, whoever else reads', async () => {
        const topic = await newTopic(2);
        await log.append(Array.from({ length: 6 }, (_, n) => record(topic, `gw${n}`, n)));
        const readers = [
          await collect(log, { topics: [topic], startAt: 'earliest' }),
          await collect(log, { topics: [topic], startAt: 'earliest' }),
        ];
        await Promise.all(readers.map((reader) => reader.has(6)));
        for (const reader of readers) expect(ascending(reader.numbers())).toEqual([0, 1, 2, 3, 4, 5]);
      });

      it('sees from the latest what is appended once it has subscribed, by another process too', async () => {
        const topic = await newTopic(2);
        await log.append([record(topic, 'a', 0), record(topic, 'b', 1)]);
        const reader = await collect(log, { topics: [topic], startAt: 'latest' });
        const other = await another();
        await other.append([record(topic, 'a', 2), record(topic, 'b', 3)]);
        await reader.has(2);
        expect(ascending(reader.numbers())).toEqual([2, 3]);
      });

      it('reads several topics', async () => {
        const topics = [await newTopic(), await newTopic()];
        const reader = await collect(log, { topics, startAt: 'earliest' });
        await log.append(topics.map((topic, n) => record(topic, 'a', n)));
        await reader.has(2);
        expect(ascending(reader.numbers())).toEqual([0, 1]);
      });
    });

    describe('batches', () => {
      it('are bounded in bytes; a larger record comes alone', async () => {
        const topic = await newTopic();
        const sizes = [40, 40, 40, 500, 40];
        await log.append(sizes.map((size) => ({ topic, key: 'a', value: new Uint8Array(size) })));
        const seen = await collect(log, {
          topics: [topic],
          group: newGroup(),
          startAt: 'earliest',
          maxBatchBytes: 100,
        });
        await seen.has(5);
        expect(seen.batches.map(({ records }) => records.map((r) => r.value.byteLength))).toEqual([
          [40, 40],
          [40],
          [500],
          [40],
        ]);
      });

      it('wait for more when they may linger', async () => {
        const topic = await newTopic();
        const seen = await collect(log, {
          topics: [topic],
          group: newGroup(),
          startAt: 'earliest',
          lingerMs: 1_000,
        });
        for (let n = 0; n < 5; n += 1) await log.append([record(topic, 'a', n)]);
        await seen.has(5);
        expect(seen.numbers()).toEqual([0, 1, 2, 3, 4]);
        expect(seen.batches.length).toBeLessThan(5);
      });
    });

    describe('stop', () => {
      it('finishes the batch under way, commits it, and takes no other', async () => {
        const topic = await newTopic();
        const group = newGroup();
        const started = deferred();
        const mayFinish = deferred();
        const seen = await collect(
          log,
          { topics: [topic], group, startAt: 'earliest', maxBatchBytes: 4 },
          async () => {
            started.resolve();
            await mayFinish.promise;
          },
        );
        await log.append([record(topic, 'a', 0), record(topic, 'a', 1)]);
        await started.promise;
        const stopped = Promise.all([seen.stop(), seen.stop()]);
        mayFinish.resolve();
        await stopped;
        expect(seen.numbers()).toEqual([0]);
        expect(await log.committed(group, topic)).toEqual(new Map([[0, 1]]));
      });

      it('is what close does for every subscription', async () => {
        const topic = await newTopic();
        const group = newGroup();
        await log.append([record(topic, 'a', 0)]);
        const seen = await collect(log, { topics: [topic], group, startAt: 'earliest' });
        await seen.has(1);
        await log.close();
        const other = await another();
        await other.append([record(topic, 'a', 1)]);
        expect(seen.numbers()).toEqual([0]);
        expect(await other.committed(group, topic)).toEqual(new Map([[0, 1]]));
      });
    });
  });
}

const newGroup = (): string => `conformance.${randomUUID()}`;

/** A record whose value is a number, in four bytes. */
function record(topic: string, key: string, number: number): NewRecord {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(number);
  return { topic, key, value };
}

const numberIn = ({ value }: LogRecord): number =>
  Buffer.from(value.buffer, value.byteOffset, value.byteLength).readUInt32BE();
const numbersIn = (records: readonly LogRecord[]): number[] => records.map(numberIn);
const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);

interface Collector extends Subscription {
  /** Batches whose work succeeded. */
  readonly batches: LogBatch[];
  numbers(): number[];
  /** Waits until so many records have come. */
  has(count: number): Promise<void>;
}

async function collect(
  log: EventLog,
  options: Omit<SubscribeOptions, 'onBatch'>,
  work: SubscribeOptions['onBatch'] = async () => undefined,
): Promise<Collector> {
  const batches: LogBatch[] = [];
  const count = (): number => batches.reduce((sum, { records }) => sum + records.length, 0);
  const subscription = await log.subscribe({
    ...options,
    onBatch: async (batch) => {
      const outputs = await work(batch);
      batches.push(batch);
      return outputs;
    },
  });
  return {
    batches,
    numbers: () => batches.flatMap(({ records }) => numbersIn(records)),
    async has(wanted) {
      await until(`${wanted} records`, () => count() >= wanted, { everyMs: 10 });
    },
    stop: () => subscription.stop(),
  };
}

function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((resolved) => (resolve = resolved));
  return { promise, resolve: () => resolve() };
}
