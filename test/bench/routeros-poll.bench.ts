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
import {
  describeFleet,
  type FleetResult,
  lateShare,
  median,
  microsPerReading,
  percentile,
} from './support/fleet.ts';
import { report } from './support/report.ts';
import { runPoller } from './support/run-poller.ts';
import type { RouterosPollerJob } from './support/routeros-poller.child.ts';

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

const routers = fork(join(import.meta.dirname, 'support/api-routers.child.ts'), {
  execArgv: ['--import', import.meta.resolve('tsx')],
});
const port = await new Promise<number>((resolve) => {
  routers.once('message', (answer) => resolve((answer as { port: number }).port));
  routers.send('listen');
});
const job: RouterosPollerJob = {
  port,
  routers: Number(options.routers),
  seconds: Number(options.seconds),
  bad: { silent: Number(options.silent), slow: Number(options.slow), garbage: Number(options.garbage) },
  rounds: Number(options.rounds),
  roundSeconds: Number(options['round-seconds']),
};
const fleets: FleetResult[] = [];
await runPoller('routeros-poller.child.ts', job, fleets, describeFleet);
routers.disconnect();

const whole = fleets.filter(({ healthy }) => healthy === job.routers);
const alone = fleets.filter(({ bad, healthy }) => bad === 0 && healthy < job.routers);
const among = fleets.filter(({ bad }) => bad > 0);
const compare = (name: string, unit: string, of: (fleet: FleetResult) => number) => ({
  name: `routeros-poll-${name}`,
  value: median(among.map(of)),
  unit,
  peer: 'without bad routers',
  peerValue: median(alone.map(of)),
});
report([
  ...whole.flatMap((fleet) => [
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
  ...(job.rounds > 0
    ? [
        compare('p99', 'ms, median of the rounds', ({ cycles }) => percentile(cycles, 0.99)),
        compare('p50', 'ms, median of the rounds', ({ cycles }) => percentile(cycles, 0.5)),
        compare('late-share-with-bad', 'of the readings due', lateShare),
        compare('cpu', 'µs of processor a reading', microsPerReading),
      ]
    : []),
]);
