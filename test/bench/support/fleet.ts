import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Telemetry } from '@fairlead/runtime';
import { type HostStall, watchHostStalls } from './host-stalls.ts';
import { readStolenCpu } from './process-cpu.ts';

/** What readings took while they were recorded. */
export interface Recording {
  readonly healthy: number;
  readonly bad: number;
  /** Milliseconds from when a reading was due until the log had its counters, of every reading of a healthy router, sorted. */
  readonly cycles: ArrayLike<number>;
  /** Those of them that no stall of the machine touched, sorted. */
  readonly calmCycles: ArrayLike<number>;
  /** The p99 of each second by itself, in milliseconds: a stall of the machine spoils the seconds that it lasts, and no others. */
  readonly secondP99s: readonly number[];
  /** Readings that were due. */
  readonly expected: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Processor time that the host gave to others. */
  readonly stolenSeconds: number;
}

/** What a fleet of routers took once it was settled. */
export interface FleetResult extends Recording {
  /** Heap and external memory a router. */
  readonly bytesPerRouter: number;
}

/** Watches the collector of this process by its histogram of readings, which only healthy routers complete. */
export interface FleetWatch {
  /** Until states are read and all that are healthy are read in time, or not all of them ever are. */
  settle(healthy: number): Promise<void>;
  record(healthy: number, bad: number, seconds: number): Promise<Recording>;
  /** Not before readings are recorded: a collection that is asked for throws compiled code away too, which the next ones would pay for. */
  bytesPerRouter(routers: number): number;
}

export const INTERVAL_MS = 1_000;
const SETTLE_MS = 12_000;
/** A busy machine takes long to open a thousand sessions, which is not what is measured. */
const OPEN_MS = 60_000;
/** The edges of the time in which readings are counted cut some of them off. */
const ALL = 0.99;
/** What waited while the machine stood still is done by then. */
const CATCH_UP_MS = 500;

/** To be called before the collector is made: what the process holds by then is not counted. */
export function createFleetWatch(telemetry: Telemetry): (metric: string) => FleetWatch {
  const emptyBytes = bytesInUse();
  return (metric) => {
    const histogram = telemetry.registry.getSingleMetric(metric) as unknown as {
      observe: (seconds: number) => void;
    };
    const observe = histogram.observe.bind(histogram);
    const stalls = watchHostStalls();
    /** Of readings one after the other, milliseconds: how long it took, and when it was done. */
    let seen: number[] | undefined;
    let readings = 0;
    histogram.observe = (seconds) => {
      readings += 1;
      seen?.push(seconds * 1_000, performance.now());
      observe(seconds);
    };
    const settle = async (healthy: number): Promise<void> => {
      await sleep(SETTLE_MS);
      for (const endMs = performance.now() + OPEN_MS; performance.now() < endMs;) {
        const before = readings;
        await sleep(2 * INTERVAL_MS);
        if (readings - before >= 2 * healthy * ALL) return;
      }
    };
    const record = async (healthy: number, bad: number, seconds: number): Promise<Recording> => {
      stalls.take();
      const taken: number[] = [];
      seen = taken;
      const [beganMs, before, stolenBefore] = [performance.now(), process.cpuUsage(), await readStolenCpu()];
      await sleep(seconds * 1_000);
      seen = undefined;
      const elapsedSeconds = (performance.now() - beganMs) / 1_000;
      const { user, system } = process.cpuUsage(before);
      return {
        healthy,
        bad,
        ...sortCycles(taken, stalls.take()),
        secondP99s: p99OfSeconds(taken, beganMs, seconds),
        expected: Math.floor(healthy * elapsedSeconds),
        seconds: elapsedSeconds,
        cpuSeconds: (user + system) / 1e6,
        stolenSeconds: (await readStolenCpu()) - stolenBefore,
      };
    };
    return {
      settle,
      record,
      bytesPerRouter: (routers) => (bytesInUse() - emptyBytes) / routers,
    };
  };
}

function sortCycles(
  taken: readonly number[],
  stalls: readonly HostStall[],
): Pick<Recording, 'cycles' | 'calmCycles'> {
  const cycles: number[] = [];
  const calmCycles: number[] = [];
  for (let at = 0; at < taken.length; at += 2) {
    const [cycleMs = 0, doneMs = 0] = [taken[at], taken[at + 1]];
    cycles.push(cycleMs);
    const isTouched = stalls.some(
      ({ beganMs, endedMs }) => doneMs >= beganMs && doneMs - cycleMs <= endedMs + CATCH_UP_MS,
    );
    if (!isTouched) calmCycles.push(cycleMs);
  }
  const ascending = (a: number, b: number): number => a - b;
  return { cycles: cycles.sort(ascending), calmCycles: calmCycles.sort(ascending) };
}

/** Of each whole second, by when readings were done. */
function p99OfSeconds(taken: readonly number[], beganMs: number, seconds: number): number[] {
  const bySecond = Array.from({ length: Math.floor(seconds) }, (): number[] => []);
  for (let at = 0; at < taken.length; at += 2) {
    const [cycleMs = 0, doneMs = 0] = [taken[at], taken[at + 1]];
    bySecond[Math.floor((doneMs - beganMs) / 1_000)]?.push(cycleMs);
  }
  return bySecond.map((cycles) =>
    percentile(
      cycles.sort((a, b) => a - b),
      0.99,
    ),
  );
}

/** After a collection of garbage, where the process may ask for one. */
function bytesInUse(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Readings that were skipped, failed, or not done when the next was due. */
export function lateShare({ cycles, expected }: Recording): number {
  const inTime = Array.from(cycles).filter((ms) => ms <= INTERVAL_MS).length;
  return Math.max(0, 1 - inTime / expected);
}

export const microsPerReading = ({ cpuSeconds, cycles }: Recording): number =>
  (cpuSeconds * 1e6) / Math.max(1, cycles.length);

const stolenShare = ({ stolenSeconds, seconds }: Recording): number =>
  stolenSeconds / (seconds * cpus().length);

export const coreShare = ({ cpuSeconds, seconds }: Recording): number => cpuSeconds / seconds;

export function describeRecording(recording: Recording): string {
  const { healthy, bad, cycles, expected } = recording;
  const times = [50, 95, 99, 99.9].map((p) => `p${p} ${percentile(cycles, p / 100).toFixed(1)} ms`);
  return (
    `${healthy} healthy routers${bad > 0 ? ` and ${bad} bad` : ''}: ${cycles.length} readings of ${expected}, ` +
    `late ${(lateShare(recording) * 100).toFixed(3)} %, ${times.join(', ')}, ` +
    `${microsPerReading(recording).toFixed(0)} µs a reading, ${(coreShare(recording) * 100).toFixed(0)} % of a core, ` +
    `${(stolenShare(recording) * 100).toFixed(0)} % taken by the host`
  );
}

export const describeFleet = (fleet: FleetResult): string =>
  `${describeRecording(fleet)}, ${(fleet.bytesPerRouter / 1_024).toFixed(0)} KiB a router`;
