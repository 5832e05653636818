/** A thread that only waits, and tells when it was woken late: `[dueMs, wokenMs]`, Unix milliseconds with a fraction. */
import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';

const never = new Int32Array(new SharedArrayBuffer(4));
const nowMs = () => performance.timeOrigin + performance.now();

for (;;) {
  const dueMs = nowMs() + workerData.waitMs;
  Atomics.wait(never, 0, 0, workerData.waitMs);
  const wokenMs = nowMs();
  if (wokenMs - dueMs > workerData.lateMs) parentPort.postMessage([dueMs, wokenMs]);
}
