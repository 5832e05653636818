import { policyKinds, type PolicySettings, steersParts } from '@fairlead/model';
import { type SteeredWan, type SteeringPolicy, steeringPolicy } from '@fairlead/wan-policy';
import { type RecordedStep, type ReplayResult, replayPolicy } from '@fairlead/wan-policy/simulation';
import { locateConfig, type WhereOptions } from '../data-directory.ts';
import { answerSql } from './sql.ts';
import { parseNames } from './simulate.ts';

export interface SimulateReplayOptions extends WhereOptions {
  readonly policy?: string;
  /** The router. */
  readonly replay: string;
  readonly since?: number;
  readonly until?: number;
  readonly json: boolean;
}

/** A week of a router with eight WANs at one sample a second would be five million rows. */
const MAX_ROWS = 5_000_000;
const DAY_MS = 86_400_000;

interface Row {
  readonly time_ms: string;
  readonly wan: string;
  readonly rx_bps: number;
  readonly tx_bps: number;
  readonly rx_capacity: number;
  readonly tx_capacity: number;
  readonly active: boolean | null;
  readonly running: boolean | null;
}

/** `fairlead simulate --replay ROUTER`: what policies would have done with the load that the store has of a router. */
export async function simulateReplay(options: SimulateReplayOptions): Promise<void> {
  const config = await locateConfig(options);
  const untilMs = options.until ?? Date.now();
  const sinceMs = options.since ?? untilMs - DAY_MS;
  const rows = await readRows(options, sinceMs, untilMs);
  if (rows.length === 0) throw new Error(`the store has no utilisation of ${options.replay} in that time`);
  const router = config.routers.find(({ name }) => name === options.replay);
  const configured = router?.steering?.policy;
  const kinds = options.policy === undefined ? [configured?.kind ?? 'spill'] : options.policy.split(',');
  const wans = wansOf(rows, router?.wans.map(({ name }) => name) ?? []);
  const record = stepsOf(rows);
  for (const kind of parseNames('--policy', kinds.join(','), policyKinds) as PolicySettings['kind'][]) {
    const schedules = router?.steering?.schedules ?? [];
    const policy = steeringPolicy(wans, settingsOf(kind, configured), { schedules });
    const result = replayPolicy(policy, record);
    process.stdout.write(options.json ? `${JSON.stringify({ kind, ...result })}\n` : tell(policy, result));
  }
}

/** The settings of the configuration for another kind of policy; its parts too, if it has any. */
function settingsOf(kind: PolicySettings['kind'], configured: PolicySettings | undefined): object {
  if (!configured) return { kind };
  const { denominator, ...rest } = configured;
  return { ...rest, kind, ...(steersParts(configured) && { denominator }) };
}

async function readRows(options: SimulateReplayOptions, sinceMs: number, untilMs: number): Promise<Row[]> {
  const router = options.replay.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  const sql = `SELECT toUnixTimestamp64Milli(time) AS time_ms, wan, rx_bps, tx_bps,
      max(if(rx_util > 0, rx_bps / rx_util, 0)) OVER (PARTITION BY wan) AS rx_capacity,
      max(if(tx_util > 0, tx_bps / tx_util, 0)) OVER (PARTITION BY wan) AS tx_capacity, active, running
    FROM wan_utilisation WHERE router = '${router}'
      AND time >= fromUnixTimestamp64Milli(${sinceMs}) AND time < fromUnixTimestamp64Milli(${untilMs})
    ORDER BY time, wan LIMIT ${MAX_ROWS}`;
  const { body } = await answerSql(sql, { ...options, format: 'JSONEachRow' });
  return Buffer.from(body)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** The WANs of the record in the order of the configuration, else of their names, with the capacity as recorded. */
function wansOf(rows: readonly Row[], order: readonly string[]): SteeredWan[] {
  const wans = new Map<string, SteeredWan>();
  for (const { wan, rx_capacity: rxBps, tx_capacity: txBps } of rows) {
    if (wans.has(wan) || !(rxBps > 0)) continue;
    const capacity = { rxBps, txBps: txBps > 0 ? txBps : rxBps };
    wans.set(wan, { name: wan, capacity, costPerGb: 0, commitBps: 0 });
  }
  const place = ({ name }: SteeredWan): number => (order.includes(name) ? order.indexOf(name) : order.length);
  const ordered = [...wans.values()].sort((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1));
  if (ordered.length < 2) throw new Error('the record has fewer than two WANs with load');
  return ordered;
}

function stepsOf(rows: readonly Row[]): RecordedStep[] {
  const steps: { timeMs: number; wans: RecordedStep['wans'][number][] }[] = [];
  for (const { time_ms, wan, rx_bps: rxBps, tx_bps: txBps, active, running } of rows) {
    const timeMs = Number(time_ms);
    let step = steps.at(-1);
    if (step?.timeMs !== timeMs) {
      step = { timeMs, wans: [] };
      steps.push(step);
    }
    step.wans.push({ wan, rxBps, txBps, active: active ?? undefined, running: running ?? undefined });
  }
  return steps;
}

function tell({ kind, wans }: SteeringPolicy, result: ReplayResult): string {
  const lines = result.decisions.map(({ timeMs, reason }) => `  ${new Date(timeMs).toISOString()} ${reason}`);
  const short = result.totalBits > 0 ? (result.shortBits / result.totalBits) * 100 : 0;
  return `${kind} on ${wans.map(({ name, capacity }) => `${name} ${Math.round(capacity.rxBps / 1e6)}M`).join(', ')}: ${result.steps} samples
  changes: ${result.decisions.length} (recorded: ${result.recordedChanges})
  seconds with a WAN above its limit: ${Math.round(result.secondsAbove)} (recorded: ${Math.round(result.recordedSecondsAbove)})
  recorded load without room: ${short.toFixed(2)} %
${lines.join('\n')}${lines.length > 0 ? '\n' : ''}`;
}
