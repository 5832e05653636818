import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppendError, type NewRecord } from '@fairlead/event-log';
import { temporaryFolder } from '@fairlead/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSpool, type Spool, type SpoolOptions } from './spool.ts';

let folder: ReturnType<typeof temporaryFolder>;
let dropped: [string, number][];
const open: Spool[] = [];

beforeEach(() => {
  folder = temporaryFolder();
  dropped = [];
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((spool) => spool.close()));
  folder.remove();
});

async function openHere(options: Partial<SpoolOptions> = {}): Promise<Spool> {
  const spool = await openSpool({
    directory: folder.path,
    maxBytes: 2 ** 20,
    drop: 'oldest',
    onDropped: (reason, records) => dropped.push([reason, records]),
    ...options,
  });
  open.push(spool);
  return spool;
}

/** A record of one frame, whose value says its number. */
const numbered = (number: number, bytes = 8): NewRecord => {
  const value = Buffer.alloc(bytes);
  value.writeUInt8(bytes - 1, 0);
  value.writeUInt32BE(number, 1);
  return { topic: 't', key: 'k', value };
};
/** A record of one frame of a kibibyte. */
const large = (number: number): NewRecord => {
  const value = Buffer.alloc(1_026);
  value.writeUInt16BE(0x80_08, 0);
  value.writeUInt32BE(number, 2);
  return { topic: 't', key: 'k', value };
};
const numberOf = ({ value }: NewRecord, at = 1): number => Buffer.from(value).readUInt32BE(at);

/** Takes and puts away everything. */
async function drain(spool: Spool, maxBytes = 100): Promise<NewRecord[]> {
  const all: NewRecord[] = [];
  for (let batch = await spool.take(maxBytes); batch; batch = await spool.take(maxBytes)) {
    all.push(...batch.records);
    await spool.done(batch);
  }
  return all;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
const files = (): string[] => readdirSync(folder.path).filter((name) => name.endsWith('.spool'));

describe('a spool', () => {
  it('gives back what it was given, in order, and leaves no file', async () => {
    const spool = await openHere();
    for (const number of range(0, 100)) await spool.write([numbered(number), numbered(number + 1_000)]);
    expect(spool.waiting.records).toBe(200);
    const all = await drain(spool);
    expect(all.map((record) => numberOf(record))).toEqual(range(0, 100).flatMap((n) => [n, n + 1_000]));
    expect(all[0]).toMatchObject({ topic: 't', key: 'k' });
    expect([spool.isEmpty, spool.waiting.records, files()]).toEqual([true, 0, []]);
  });

  it('gives back an entry that is larger than what is asked for, alone', async () => {
    const spool = await openHere({ maxBytes: 16 * 2 ** 20 });
    const value = Buffer.alloc(3 * 2 ** 20, 0xff);
    await spool.write([{ topic: 't', key: '', value }]);
    await spool.write([numbered(1)]);
    const batch = await spool.take(10);
    expect(batch?.records).toHaveLength(1);
    expect(Buffer.compare(batch?.records[0]?.value ?? Buffer.alloc(0), value)).toBe(0);
  });

  it('goes on where it was put away, in another process', async () => {
    const first = await openHere();
    for (const number of range(0, 10)) await first.write([numbered(number)]);
    const batch = await first.take(60);
    expect(batch?.records.length).toBeGreaterThan(1);
    if (batch) await first.done(batch);
    await first.take(60);
    await first.close();
    const second = await openHere();
    const taken = batch?.records.length ?? 0;
    expect(second.waiting.records).toBe(10 - taken);
    await second.write([numbered(10)]);
    expect((await drain(second)).map((record) => numberOf(record))).toEqual(range(taken, 11));
    await second.close();
    // Emptied, it must not take the next records for delivered ones.
    const third = await openHere();
    await third.write([numbered(11)]);
    await third.close();
    expect((await drain(await openHere())).map((record) => numberOf(record))).toEqual([11]);
  });

  it('drops the oldest when it is full, and counts them', async () => {
    const spool = await openHere({ maxBytes: 32 * 2 ** 10 });
    for (const number of range(0, 100)) await spool.write([large(number)]);
    const left = (await drain(spool)).map((record) => numberOf(record, 2));
    expect(left).toEqual(range(100 - left.length, 100));
    expect(left.length).toBeGreaterThan(20);
    const counted = dropped.reduce(
      (sum, [reason, count]) => (reason === 'spool-full' ? sum + count : sum),
      0,
    );
    expect(counted).toBe(100 - left.length);
  });

  it('refuses the newest when it is full, if that is wanted, and takes more when there is room', async () => {
    const spool = await openHere({ maxBytes: 32 * 2 ** 10, drop: 'newest' });
    let taken = 0;
    const fill = async (): Promise<void> => {
      for (;;) {
        await spool.write([large(taken)]);
        taken += 1;
      }
    };
    await expect(fill()).rejects.toThrow(AppendError);
    expect(taken).toBeGreaterThan(20);
    expect((await drain(spool)).map((record) => numberOf(record, 2))).toEqual(range(0, taken));
    await spool.write([large(1)]);
    expect(dropped).toEqual([]);
  });

  it('leaves out what was delivered otherwise', async () => {
    const spool = await openHere();
    await spool.write([numbered(0)]);
    const place = await spool.write([numbered(1)]);
    await spool.write([numbered(2)]);
    expect(spool.settle(place)).toBe(true);
    expect((await drain(spool)).map((record) => numberOf(record))).toEqual([0, 2]);
    expect(spool.settle(place)).toBe(false);
  });

  it('cuts off an entry that a crash left unfinished, which is no loss', async () => {
    const first = await openHere();
    for (const number of range(0, 3)) await first.write([numbered(number)]);
    await first.close();
    const [name = ''] = files();
    const path = join(folder.path, name);
    const whole = readFileSync(path);
    writeFileSync(path, Buffer.concat([whole, whole.subarray(0, whole.length / 3 - 5)]));
    const second = await openHere();
    await second.write([numbered(9)]);
    expect((await drain(second)).map((record) => numberOf(record))).toEqual([0, 1, 2, 9]);
    expect(dropped).toEqual([]);
  });

  it.each([
    ['cut off', (path: string, bytes: number) => truncateSync(path, bytes)],
    [
      'made of zeros',
      (path: string, bytes: number) => {
        const whole = readFileSync(path);
        writeFileSync(path, whole.fill(0, bytes));
      },
    ],
  ])('counts once what it had acknowledged when its end is %s', async (_, damage) => {
    const first = await openHere();
    for (const number of range(0, 10)) await first.write([numbered(number), numbered(number + 100)]);
    await first.close();
    const path = join(folder.path, files()[0] ?? '');
    damage(path, Math.floor(readFileSync(path).length * 0.75));
    const second = await openHere();
    expect(dropped).toEqual([['cut-off', 6]]);
    expect((await drain(second)).map((record) => numberOf(record))).toEqual(
      range(0, 7).flatMap((n) => [n, n + 100]),
    );
    await second.write([numbered(50)]);
    await second.close();
    expect((await drain(await openHere())).map((record) => numberOf(record))).toEqual([50]);
    expect(dropped).toEqual([['cut-off', 6]]);
  });

  it('counts a file that is gone, but none that was delivered', async () => {
    const first = await openHere({ maxBytes: 64 * 2 ** 10 });
    for (const number of range(0, 12)) await first.write([large(number)]);
    await first.close();
    const names = files();
    const lastName = names.at(-1) ?? '';
    const lost = Math.round(readFileSync(join(folder.path, lastName)).length / 1_040);
    rmSync(join(folder.path, lastName));
    const second = await openHere({ maxBytes: 64 * 2 ** 10 });
    expect(dropped).toEqual([['cut-off', lost]]);
    expect(await drain(second)).toHaveLength(12 - lost);
    await second.close();
    await openHere();
    expect(dropped).toEqual([['cut-off', lost]]);
  });

  it('skips the rest of a file that was damaged, counts it, and gives the other files', async () => {
    const spool = await openHere({ maxBytes: 64 * 2 ** 10 });
    for (const number of range(0, 12)) await spool.write([large(number)]);
    const path = join(folder.path, files()[0] ?? '');
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(1_500) ^ 1, 1_500);
    writeFileSync(path, bytes);
    const left = (await drain(spool)).map((record) => numberOf(record, 2));
    const lost = dropped.reduce((sum, [, count]) => sum + count, 0);
    expect(dropped[0]?.[0]).toBe('unreadable');
    expect(left).toEqual([0, ...range(1 + lost, 12)]);
  });
});
