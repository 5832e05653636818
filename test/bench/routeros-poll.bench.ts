/**
 * The RouterOS collector with many routers, each read every second over a session of its own: how many readings are late,
 * what one costs, and what a router takes of memory. Then, in turn and several times, the same healthy routers without and
 * with others that never answer, answer after 5 s or send garbage: the time of a reading must be the same.
 *
 * A reading is timed from when it was due until the embedded event log has its counters; late is what was skipped, or not
 * done before the next was due. The routers are another process; processor time is that of the collector alone. It prints
 * each fleet, and compares the medians of the rounds.
 *
 * `--routers 1000`, `--seconds 60`, `--silent 100 --slow 50 --garbage 10`, `--rounds 5 --round-seconds 20`.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { report } from './support/report.ts';
import type { FleetResult, RouterosPollerJob } from './support/routeros-poller.child.ts';

const { values: options } = parseArgs({
  options: {
    routers: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
    silent: { type: 'string', default: '100' },
    slow: { type: 'string', default: '50' },
    garbage: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '5' },
    'round-seconds': { type: 'string', default: '20' },
    json: { type: 'boolean' },
  },
});
const INTERVAL_MS = 1_000;
const tsx = ['--import', import.meta.resolve('tsx')];
const support = (file: string): string => join(import.meta.dirname, 'support', file);

const routers = fork(support('api-routers.child.ts'), { execArgv: tsx });
const port = await new Promise<number>((resolve) => {
  routers.once('message', (answer) => resolve((answer as { port: number }).port));
  routers.send('listen');
});
const fleets = await runPoller({
  port,
  routers: Number(options.routers),
  seconds: Number(options.seconds),
  bad: { silent: Number(options.silent), slow: Number(options.slow), garbage: Number(options.garbage) },
  rounds: Number(options.rounds),
  roundSeconds: Number(options['round-seconds']),
});
routers.disconnect();

const alone = fleets.filter(({ bad, healthy }) => bad === 0 && healthy < Number(options.routers));
const among = fleets.filter(({ bad }) => bad > 0);
const compare = (name: string, unit: string, of: (fleet: FleetResult) => number) => ({
  name: `routeros-poll-${name}`,
  value: median(among.map(of)),
  unit,
  peer: 'without bad routers',
  peerValue: median(alone.map(of)),
});
report([
  ...fleets.slice(0, Number(options.seconds) > 0 ? 1 : 0).flatMap((fleet) => [
    {
      name: 'routeros-poll-late-share',
      value: lateShare(fleet),
      unit: 'of the readings due',
      peer: 'all',
      peerValue: 1,
    },
    {
      name: 'routeros-poll-memory',
      value: fleet.bytesPerRouter / 1_024,
      unit: 'KiB a router',
      peer: 'without routers',
      peerValue: 0,
    },
  ]),
  compare('p99', 'ms, median of the rounds', ({ cycles }) => percentile(cycles, 0.99)),
  compare('p50', 'ms, median of the rounds', ({ cycles }) => percentile(cycles, 0.5)),
  compare('late-share-with-bad', 'of the readings due', lateShare),
  compare('cpu', 'µs of processor a reading', ({ cpuMicrosPerPoll }) => cpuMicrosPerPoll),
]);

/** With the growth of the heap that `fairlead` sets. */
function runPoller(job: RouterosPollerJob): Promise<FleetResult[]> {
  const child = fork(support('routeros-poller.child.ts'), {
    execArgv: ['--expose-gc', '--heap-growing-percent=300', ...tsx],
  });
  child.send(job);
  return new Promise((resolve, reject) => {
    const results: FleetResult[] = [];
    child.on('message', (message) => {
      const fleet = message as FleetResult;
      results.push(fleet);
      describe(fleet);
    });
    child.once('exit', (code) =>
      code === 0 ? resolve(results) : reject(new Error(`the collector ended with ${code}`)),
    );
  });
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/** Readings that were skipped, or done after the next was due. */
function lateShare({ cycles, expected }: FleetResult): number {
  const inTime = cycles.filter((ms) => ms <= INTERVAL_MS).length;
  return Math.max(0, 1 - inTime / expected);
}

function describe(fleet: FleetResult): void {
  const { healthy, bad, cycles, expected } = fleet;
  const line = [50, 95, 99, 99.9].map((p) => `p${p} ${percentile(cycles, p / 100).toFixed(1)} ms`).join(', ');
  process.stderr.write(
    `${healthy} healthy routers${bad > 0 ? ` and ${bad} bad` : ''}: ${cycles.length} readings of ${expected}, ` +
      `late ${(lateShare(fleet) * 100).toFixed(3)} %, ${line}, ${fleet.cpuMicrosPerPoll.toFixed(0)} µs a reading, ` +
      `${(fleet.cpuShare * 100).toFixed(0)} % of a core, ${(fleet.bytesPerRouter / 1_024).toFixed(0)} KiB a router\n`,
  );
}
