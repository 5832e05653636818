/**
 * The RouterOS collector with many routers, each read every second over a session of its own: how many readings are late,
 * what one costs, and what a router takes of memory. Then, in turn and some times, healthy routers without and with others
 * that never answer, answer after 5 s or send garbage: the readings of the healthy ones must not take longer.
 *
 * A reading is timed from when it was due until the embedded event log has its counters; late is what was skipped, or not
 * done before the next was due. The routers are another process; processor time is that of the collector alone. What is
 * compared are turns of one process (`support/take-turns.ts`).
 *
 * `--routers 1000`, `--seconds 60` of the whole fleet, `--silent 100 --slow 50 --garbage 10`, `--rounds 5` of two turns of
 * `--round-seconds 40`, which begin `--settle-seconds 30` after the bad ones came or went.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type FleetResult, lateShare } from './support/fleet.ts';
import { report } from './support/report.ts';
import type { RouterosPollerJob } from './support/routeros-poller.child.ts';
import { runPoller } from './support/run-poller.ts';
import { compareTurns, readTurnsPlan, turnsOptions } from './support/take-turns.ts';

const { values: options } = parseArgs({
  options: {
    routers: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
    silent: { type: 'string', default: '100' },
    slow: { type: 'string', default: '50' },
    garbage: { type: 'string', default: '10' },
    ...turnsOptions,
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
  turns: readTurnsPlan(options),
};
const { fleet, turns } = await runPoller<FleetResult>('routeros-poller.child.ts', job);
routers.disconnect();

report([
  ...(fleet
    ? [
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
      ]
    : []),
  ...compareTurns('routeros-poll', turns),
]);
