import { addressToBytes, encodeFrames, Flow } from '@fairlead/model';
import { temporaryFolder } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ChdbStore, createChdbStore } from './index.ts';

const DAY_MS = 86_400_000;
/** Yesterday at 23:59, so that two days are touched and nothing expires. */
const START_MS = Math.floor(Date.now() / DAY_MS) * DAY_MS - 60_000;
const second = (at: number): number => START_MS + at * 1_000;

const flows = (bytes: number, ...seconds: number[]): Uint8Array =>
  encodeFrames(
    Flow,
    seconds.map((at) => ({
      ...Flow.decode(new Uint8Array()),
      timeMs: second(at),
      router: 'gw1',
      exporter: addressToBytes('192.0.2.1'),
      srcAddress: addressToBytes('192.0.2.2'),
      dstAddress: addressToBytes('192.0.2.3'),
      bytes,
    })),
  );

async function* valuesOf(...values: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* values;
}

describe('a window of the embedded store', () => {
  const folder = temporaryFolder();
  let store: ChdbStore;
  let offset = 0;

  beforeAll(async () => {
    store = await createChdbStore({ directory: folder.path });
    await store.migrate();
  });

  afterAll(async () => {
    await store.close();
    folder.remove();
  });

  const rows = async (sql: string): Promise<string[]> =>
    Buffer.from((await store.query(sql)).body)
      .toString()
      .split('\n')
      .filter((line) => line !== '');
  /** Second and bytes of each row. */
  const stored = (): Promise<string[]> =>
    rows(
      `SELECT concat(toString(intDiv(toUnixTimestamp64Milli(time) - ${START_MS}, 1000)), ':', toString(bytes)) ` +
        'FROM flows ORDER BY time, bytes',
    );
  const window = (since: number, until: number) => ({
    topic: topics.flows.name,
    sinceMs: second(since),
    untilMs: second(until),
  });

  beforeEach(async () => {
    await store.replaceWindow(window(-1_000, 1_000), valuesOf(), false);
    offset += 1;
    const place = { partition: 0, firstOffset: offset, lastOffset: offset, firstTimestampMs: START_MS };
    await store.insert({ topic: topics.flows.name, ...place, values: [flows(1, 0, 30, 59, 60, 90, 119)] });
  });

  it('has its rows replaced, over the end of a day, and no others', async () => {
    const replaced = await store.replaceWindow(
      window(30, 90),
      valuesOf(flows(7, 30, 31), flows(8, 61)),
      false,
    );
    expect(replaced).toEqual({ before: 3, after: 3 });
    expect(await stored()).toEqual(['0:1', '30:7', '31:7', '61:8', '90:1', '119:1']);
    expect(await rows("SELECT name FROM system.tables WHERE name LIKE 'flows_re%'")).toEqual([]);
  });

  it('is the same after the same again', async () => {
    await store.replaceWindow(window(30, 90), valuesOf(flows(7, 30, 61)), false);
    const again = await store.replaceWindow(window(30, 90), valuesOf(flows(7, 30, 61)), false);
    expect(again).toEqual({ before: 2, after: 2 });
    expect(await stored()).toEqual(['0:1', '30:7', '61:7', '90:1', '119:1']);
  });

  it('agrees with what is summed over it', async () => {
    await store.replaceWindow(window(0, 120), valuesOf(flows(500, 10, 70)), false);
    const at = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
    const perMinute = await rows(
      `SELECT sum(bytes) FROM flows_per_minute(since = '${at(START_MS - 120_000)}', until = '${at(second(180))}', active_timeout_s = 60)`,
    );
    expect(perMinute).toEqual(['1000']);
  });

  it('is counted and left alone when dry', async () => {
    const before = await stored();
    expect(await store.replaceWindow(window(0, 60), valuesOf(flows(7, 1)), true)).toEqual({
      before: 3,
      after: 1,
    });
    expect(await stored()).toEqual(before);
  });

  it('may be emptied, with its day', async () => {
    await store.replaceWindow(window(0, 60), valuesOf(), false);
    expect(await stored()).toEqual(['60:1', '90:1', '119:1']);
    await store.replaceWindow(window(0, 120), valuesOf(), false);
    expect(await stored()).toEqual([]);
  });

  it('is as it was when the new rows end in an error, and does not mind what an interruption left', async () => {
    const before = await stored();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield flows(7, 1);
      throw new Error('the log is gone');
    }
    await expect(store.replaceWindow(window(0, 60), broken(), false)).rejects.toThrow('the log is gone');
    expect(await stored()).toEqual(before);
    await store.replaceWindow(window(0, 120), valuesOf(flows(9, 5)), false);
    expect(await stored()).toEqual(['5:9']);
  });

  it('leaves nothing that the writer would take for a range of the log', async () => {
    await store.replaceWindow(window(0, 120), valuesOf(flows(9, 5)), false);
    expect(await store.storedRanges(topics.flows.name, 0, 1)).toEqual([]);
  });
});
