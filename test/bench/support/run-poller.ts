import { fork } from 'node:child_process';
import { join } from 'node:path';
import { describeFleet, describeRecording, type FleetResult } from './fleet.ts';
import type { Turn } from './take-turns.ts';

/** What a collector measured: the whole fleet, if it was asked for, and each turn. */
export interface PollerResults<Fleet extends FleetResult> {
  readonly fleet: Fleet | undefined;
  readonly turns: readonly Turn[];
}

/**
 * Runs a collector in a process of its own, with the growth of the heap that `fairlead` sets, and takes what it measures.
 * @param file in this folder; it gets the job as a message, answers with results, and disconnects when it is done
 */
export function runPoller<Fleet extends FleetResult>(
  file: string,
  job: object,
): Promise<PollerResults<Fleet>> {
  const child = fork(join(import.meta.dirname, file), {
    execArgv: ['--expose-gc', '--heap-growing-percent=300', '--import', import.meta.resolve('tsx')],
  });
  let fleet: Fleet | undefined;
  const turns: Turn[] = [];
  child.on('message', (message) => {
    const result = message as Fleet | Turn;
    if ('round' in result) turns.push(result);
    else fleet = result;
    const text = 'round' in result ? `${result.round}. ${describeRecording(result)}` : describeFleet(result);
    process.stderr.write(`${text}\n`);
  });
  child.send(job);
  return new Promise((resolve, reject) => {
    child.once('exit', (code) =>
      code === 0 ? resolve({ fleet, turns }) : reject(new Error(`the collector ended with ${code}`)),
    );
  });
}
