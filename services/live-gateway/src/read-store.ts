import type { TopTalkers, WanBilling, WanHistory } from '@fairlead/live-protocol';
import type { TelemetryStore } from '@fairlead/telemetry-store';

/** A WAN of the inventory: its names hold nothing that SQL would take for something else. */
export interface StoredWan {
  readonly router: string;
  readonly wan: string;
}

export type HistoryStore = Pick<TelemetryStore, 'query'>;

const FIVE_MINUTES_MS = 300_000;

/** Means and largest samples of each step in which there were samples. */
export async function readHistory(
  store: HistoryStore,
  { router, wan }: StoredWan,
  range: { readonly fromMs: number; readonly untilMs: number; readonly stepMs: number },
): Promise<WanHistory['points']> {
  return readRows<WanHistory['points'][number]>(
    store,
    `SELECT toFloat64(intDiv(toUnixTimestamp64Milli(time), ${range.stepMs}) * ${range.stepMs}) AS timeMs,
       round(avg(rx_bps)) AS rxBps, round(avg(tx_bps)) AS txBps,
       round(max(rx_bps)) AS rxPeakBps, round(max(tx_bps)) AS txPeakBps, toFloat64(count()) AS samples
     FROM wan_utilisation
     WHERE router = '${router}' AND wan = '${wan}' AND ${within(range)}
     GROUP BY timeMs ORDER BY timeMs`,
  );
}

/** Hosts inside by the bytes that crossed the WAN, both ways together. */
export async function readTalkers(
  store: HistoryStore,
  { router, wan }: StoredWan,
  { limit, ...range }: { readonly fromMs: number; readonly untilMs: number; readonly limit: number },
): Promise<TopTalkers['talkers']> {
  return readRows<TopTalkers['talkers'][number]>(
    store,
    `SELECT replaceRegexpOne(toString(assumeNotNull(inside_address)), '^::ffff:', '') AS address,
       toFloat64(sumIf(bytes * greatest(sampling_rate, 1), direction = 'in')) AS rxBytes,
       toFloat64(sumIf(bytes * greatest(sampling_rate, 1), direction = 'out')) AS txBytes,
       toFloat64(count()) AS flows
     FROM flows
     WHERE router = '${router}' AND wan = '${wan}' AND inside_address IS NOT NULL AND ${within(range)}
     GROUP BY address ORDER BY rxBytes + txBytes DESC, address LIMIT ${limit}`,
  );
}

/**
 * The 95th percentile of a month as providers bill it: bits of each five minutes over five minutes, the top twentieth of
 * the windows left out, the largest of the others. Exact: from the samples, not from means of means.
 */
export async function readBilling(
  store: HistoryStore,
  { router, wan }: StoredWan,
  range: { readonly fromMs: number; readonly untilMs: number },
): Promise<Pick<WanBilling, 'windows' | 'p95RxBps' | 'p95TxBps'>> {
  const p95 = (way: string): string => `arrayReverseSort(groupArray(${way}))[intDiv(count() * 5, 100) + 1]`;
  // A sample is of the interval before it.
  const [row] = await readRows<{ windows: number; rx: number; tx: number }>(
    store,
    `SELECT toFloat64(count()) AS windows, ${p95('rx_mean')} AS rx, ${p95('tx_mean')} AS tx
     FROM (
       SELECT sum(rx_bps * interval_ms) / ${FIVE_MINUTES_MS} AS rx_mean, sum(tx_bps * interval_ms) / ${FIVE_MINUTES_MS} AS tx_mean
       FROM wan_utilisation
       WHERE router = '${router}' AND wan = '${wan}' AND ${within(range)}
       GROUP BY intDiv(toUnixTimestamp64Milli(time) - 1, ${FIVE_MINUTES_MS})
     )`,
  );
  if (!row || row.windows === 0) return { windows: 0, p95RxBps: null, p95TxBps: null };
  return { windows: row.windows, p95RxBps: row.rx, p95TxBps: row.tx };
}

const within = ({ fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number }): string =>
  `time >= fromUnixTimestamp64Milli(${fromMs}, 'UTC') AND time < fromUnixTimestamp64Milli(${untilMs}, 'UTC')`;

async function readRows<T>(store: HistoryStore, sql: string): Promise<T[]> {
  const { body } = await store.query(sql, 'JSONEachRow');
  return Buffer.from(body)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
