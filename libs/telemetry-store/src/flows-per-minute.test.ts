import { encodeFrames, Flow, FlowDirection } from '@fairlead/model';
import { temporaryFolder } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChdbStore } from './chdb-store.ts';
import type { TelemetryStore } from './port.ts';

const folder = temporaryFolder('fairlead-minutes-');
let store: TelemetryStore;

beforeAll(async () => {
  store = await createChdbStore({ directory: folder.path });
  await store.migrate();
});

afterAll(async () => {
  await store.close();
  folder.remove();
});

/** Ten o'clock today, so that no row is too old to be kept. */
const TEN_MS = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 10 * 3_600_000;
const at = (minutes: number): number => TEN_MS + minutes * 60_000;
const text = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');

let nextOffset = 0;

/** Stores flows of a router of their own and gives what the view says of it: minute after ten, then the numbers. */
async function minutesOf(
  flows: readonly Partial<Flow>[],
  columns = 'bytes',
  { sinceMs = at(-120), untilMs = at(120), activeTimeoutS = 60 } = {},
): Promise<(number | string)[][]> {
  const offset = (nextOffset += 1);
  const router = `gw${offset}`;
  const records = flows.map((fields) => ({ ...Flow.decode(new Uint8Array()), ...BLANK, router, ...fields }));
  await store.insert({
    topic: topics.flows.name,
    partition: 0,
    firstOffset: offset,
    lastOffset: offset,
    firstTimestampMs: 1,
    values: [encodeFrames(Flow, records)],
  });
  const call = `flows_per_minute(since = '${text(sinceMs)}', until = '${text(untilMs)}', active_timeout_s = ${activeTimeoutS})`;
  const { body } = await store.query(
    `SELECT (toUnixTimestamp(time) - ${TEN_MS / 1_000}) / 60 AS minute, ${columns} FROM ${call} WHERE router = '${router}' ORDER BY ALL`,
    'JSONCompactEachRow',
  );
  return new TextDecoder()
    .decode(body)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      (JSON.parse(line) as (string | number)[]).map((cell) =>
        /^-?\d+$/.test(String(cell)) ? Number(cell) : cell,
      ),
    );
}

const BLANK: Partial<Flow> = {
  exporter: new Uint8Array(16),
  srcAddress: new Uint8Array(16),
  dstAddress: new Uint8Array(16),
  samplingRate: 1,
};

const timed = (startMs: number, endMs: number): Partial<Flow> => ({
  startMs,
  endMs,
});

describe('flows per minute', () => {
  it('spread a flow over the minutes that it lasted', async () => {
    // 15 s in minute 0, 60 s in minute 1, 45 s in minute 2.
    const flow = { timeMs: at(3), ...timed(at(0) + 45_000, at(2) + 45_000), bytes: 1_200, packets: 12 };
    expect(await minutesOf([flow], 'bytes, packets')).toEqual([
      [0, 150, 1],
      [1, 600, 6],
      [2, 450, 5],
    ]);
  });

  it('have a flow of half an hour in each of its minutes, without a spike', async () => {
    const rows = await minutesOf([{ timeMs: at(31), ...timed(at(1), at(31)), bytes: 3_000_000_007 }]);
    expect(rows).toHaveLength(30);
    const bytes = rows.map(([, share]) => Number(share));
    expect(new Set(bytes)).toEqual(new Set([100_000_000, 100_000_001]));
    expect(bytes.reduce((sum, share) => sum + share, 0)).toBe(3_000_000_007);
  });

  it('have a flow without duration in the minute where it was', async () => {
    expect(await minutesOf([{ timeMs: at(1), ...timed(at(0), at(0)), bytes: 500 }])).toEqual([[0, 500]]);
    expect(await minutesOf([{ timeMs: at(1), ...timed(at(0) + 59_999, at(0) + 59_999), bytes: 7 }])).toEqual([
      [0, 7],
    ]);
  });

  it('end a flow before the minute that its end opens', async () => {
    expect(await minutesOf([{ timeMs: at(1), ...timed(at(0), at(1)), bytes: 500 }])).toEqual([[0, 500]]);
  });

  it('spread a flow without device times over the active timeout before it came', async () => {
    const flow = { timeMs: at(2) + 30_000, bytes: 1_000 };
    expect(await minutesOf([flow])).toEqual([
      [1, 500],
      [2, 500],
    ]);
    expect(await minutesOf([flow], 'bytes', { activeTimeoutS: 0 })).toEqual([[2, 1_000]]);
  });

  it.each([
    ['a device that believes it is 1970', timed(1_000, 2_000)],
    ['a device whose clock is ahead', timed(at(500), at(501))],
    ['only an end', { endMs: at(1) }],
    ['an end before the start', timed(at(1), at(0))],
  ])('do not believe %s', async (_, times) => {
    const flow = { timeMs: at(2), bytes: 600, ...times };
    expect(await minutesOf([flow])).toEqual([[1, 600]]);
  });

  it('keep the exported numbers beside those multiplied by the sampling rate, by WAN and direction', async () => {
    const times = timed(at(0), at(0) + 1);
    const isp1 = { timeMs: at(1), ...times, wan: 'ISP1', bytes: 100, packets: 2, samplingRate: 1_000 };
    const flows = [
      { ...isp1, direction: FlowDirection.IN },
      { ...isp1, direction: FlowDirection.IN, samplingRate: 0 },
      { ...isp1, direction: FlowDirection.OUT },
    ];
    expect(await minutesOf(flows, 'wan, direction, bytes, packets, scaled_bytes, scaled_packets')).toEqual([
      [0, 'ISP1', 'in', 200, 4, 100_100, 2_002],
      [0, 'ISP1', 'out', 100, 2, 100_000, 2_000],
    ]);
  });

  it('keep the sum of any flows, to the byte', async () => {
    const flows = Array.from({ length: 500 }, (_, i) => {
      const endMs = at(30) + i * 7_919;
      const lasting = timed(endMs - ((i * 104_729) % 1_800_000), endMs);
      return { timeMs: endMs + 1_000, bytes: i * 1_000_003 + 1, packets: i, ...(i % 3 === 0 ? {} : lasting) };
    });
    const rows = await minutesOf(flows, 'bytes, packets');
    const sum = (column: number): number => rows.reduce((total, row) => total + Number(row[column]), 0);
    expect(rows.length).toBeGreaterThan(60);
    expect(sum(1)).toBe(flows.reduce((total, { bytes }) => total + bytes, 0));
    expect(sum(2)).toBe(flows.reduce((total, { packets }) => total + packets, 0));
  });

  it('show the part of a flow that lies in the time asked for', async () => {
    const flow = { timeMs: at(31), ...timed(at(1), at(31)), bytes: 3_000 };
    expect(await minutesOf([flow], 'bytes', { sinceMs: at(10), untilMs: at(12) })).toEqual([
      [10, 100],
      [11, 100],
    ]);
  });
});
