import { Worker } from 'node:worker_threads';

/** When the machine did not run a thread that was due, or not at its speed, `performance.now()` of the main thread. */
export interface HostStall {
  readonly beganMs: number;
  readonly endedMs: number;
}

export interface HostStalls {
  /** Those that became known since the last call. */
  take(): HostStall[];
  stop(): Promise<void>;
}

const WAIT_MS = 5;
/** Two threads that take turns on a core are not yet a stall. */
const STALL_MS = 25;
/** Of the time of all processors, in such a stretch: more than this went to other machines of the host. */
const STOLEN_SHARE = 0.1;
const STRETCH_MS = 500;

/** Looks, from a thread that does nothing else, whether this machine runs what is due. */
export function watchHostStalls(): HostStalls {
  const worker = new Worker(new URL('host-stalls.worker.mjs', import.meta.url), {
    workerData: { waitMs: WAIT_MS, lateMs: STALL_MS, stretchMs: STRETCH_MS, stolenShare: STOLEN_SHARE },
  });
  let stalls: HostStall[] = [];
  worker.on('message', ([beganMs, endedMs]: readonly [number, number]) => {
    const { timeOrigin } = performance;
    stalls.push({ beganMs: beganMs - timeOrigin, endedMs: endedMs - timeOrigin });
  });
  worker.unref();
  return {
    take() {
      const taken = stalls;
      stalls = [];
      return taken;
    },
    stop: async () => {
      await worker.terminate();
    },
  };
}
