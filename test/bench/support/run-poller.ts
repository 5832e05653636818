import { fork } from 'node:child_process';
import { join } from 'node:path';

/**
 * Runs a collector in a process of its own, with the growth of the heap that `fairlead` sets, and takes what it measures.
 * @param file in this folder; it gets the job as a message, answers with results, and disconnects when it is done
 */
export function runPoller<Result>(
  file: string,
  job: object,
  fleets: Result[],
  describe: (result: Result) => string,
): Promise<void> {
  const child = fork(join(import.meta.dirname, file), {
    execArgv: ['--expose-gc', '--heap-growing-percent=300', '--import', import.meta.resolve('tsx')],
  });
  child.on('message', (message) => {
    const result = message as Result;
    fleets.push(result);
    process.stderr.write(describe(result));
  });
  child.send(job);
  return new Promise((resolve, reject) => {
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`the collector ended with ${code}`)),
    );
  });
}
