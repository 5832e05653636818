/**
 * A thread that only waits. Tells when it was woken late, and of each stretch in which the host gave processor time of this
 * machine to others: `[beganMs, endedMs]`, Unix milliseconds with a fraction.
 */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';

const { waitMs, lateMs, stretchMs, stolenShare } = workerData;
const never = new Int32Array(new SharedArrayBuffer(4));
const nowMs = () => performance.timeOrigin + performance.now();
/** The eighth figure of `cpu` in proc(5), ticks of 10 ms. */
const stolenMs = () =>
  Number(readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].trim().split(/\s+/)[8]) * 10;

let stretch = { beganMs: nowMs(), stolenMs: stolenMs() };
for (;;) {
  const dueMs = nowMs() + waitMs;
  Atomics.wait(never, 0, 0, waitMs);
  const wokenMs = nowMs();
  if (wokenMs - dueMs > lateMs) parentPort.postMessage([dueMs, wokenMs]);
  if (wokenMs - stretch.beganMs >= stretchMs) {
    const next = { beganMs: wokenMs, stolenMs: stolenMs() };
    const availableMs = (next.beganMs - stretch.beganMs) * cpus().length;
    if (next.stolenMs - stretch.stolenMs > stolenShare * availableMs) {
      parentPort.postMessage([stretch.beganMs, next.beganMs]);
    }
    stretch = next;
  }
}
