import type { Telemetry } from '@fairlead/runtime';

/** What a fleet of routers took while it was watched. */
export interface FleetResult {
  readonly healthy: number;
  readonly bad: number;
  /** Milliseconds from when a reading was due until the log had its counters, of every reading of a healthy router, sorted. */
  readonly cycles: readonly number[];
  /** Readings that were due. */
  readonly expected: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Heap and external memory a router. */
  readonly bytesPerRouter: number;
}

/** Watches the collector of this process by its histogram of readings, which only healthy routers complete. */
export interface FleetWatch {
  /** @param beside counts something else meanwhile: called at the beginning, and what it gives at the end */
  watch<T = object>(
    healthy: number,
    bad: number,
    seconds: number,
    beside?: () => Promise<() => Promise<T>>,
  ): Promise<FleetResult & T>;
}

export const INTERVAL_MS = 1_000;
/** States are read, and the failing routers left alone for longer and longer. */
const SETTLE_MS = 12_000;
/** A busy machine takes long to open a thousand sessions, which is not what is measured. */
const OPEN_MS = 60_000;
/** The edges of the time in which readings are counted cut some of them off. */
const ALL = 0.99;

/** To be called before the collector is made: what the process holds by then is not counted. */
export function createFleetWatch(telemetry: Telemetry): (metric: string) => FleetWatch {
  const emptyBytes = bytesInUse();
  return (metric) => {
    const histogram = telemetry.registry.getSingleMetric(metric) as unknown as {
      observe: (seconds: number) => void;
    };
    const observe = histogram.observe.bind(histogram);
    let cycles: number[] | undefined;
    let readings = 0;
    histogram.observe = (seconds) => {
      readings += 1;
      cycles?.push(seconds * 1_000);
      observe(seconds);
    };
    /** Until all that are healthy are read, or not all of them ever are. */
    const untilAllAreRead = async (healthy: number): Promise<void> => {
      for (const endMs = performance.now() + OPEN_MS; performance.now() < endMs;) {
        const before = readings;
        await sleep(2 * INTERVAL_MS);
        if (readings - before >= 2 * healthy * ALL) return;
      }
    };
    return {
      async watch(healthy, bad, seconds, beside) {
        await sleep(SETTLE_MS);
        await untilAllAreRead(healthy);
        const seen: number[] = [];
        const endBeside = await beside?.();
        cycles = seen;
        const [beganMs, before] = [performance.now(), process.cpuUsage()];
        await sleep(seconds * 1_000);
        cycles = undefined;
        const elapsedSeconds = (performance.now() - beganMs) / 1_000;
        const { user, system } = process.cpuUsage(before);
        return {
          ...((await endBeside?.()) as Awaited<ReturnType<NonNullable<typeof endBeside>>>),
          healthy,
          bad,
          cycles: seen.sort((a, b) => a - b),
          expected: Math.floor(healthy * elapsedSeconds),
          seconds: elapsedSeconds,
          cpuSeconds: (user + system) / 1e6,
          // Not before it: a collection that is asked for throws compiled code away too, which the next readings would pay for.
          bytesPerRouter: (bytesInUse() - emptyBytes) / (healthy + bad),
        };
      },
    };
  };
}

/** After a collection of garbage, where the process may ask for one. */
function bytesInUse(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/** Readings that were skipped, failed, or not done when the next was due. */
export function lateShare({ cycles, expected }: FleetResult): number {
  const inTime = cycles.filter((ms) => ms <= INTERVAL_MS).length;
  return Math.max(0, 1 - inTime / expected);
}

export const microsPerReading = ({ cpuSeconds, cycles }: FleetResult): number =>
  (cpuSeconds * 1e6) / Math.max(1, cycles.length);

export const coreShare = ({ cpuSeconds, seconds }: FleetResult): number => cpuSeconds / seconds;

export function describeFleet(fleet: FleetResult): string {
  const { healthy, bad, cycles, expected } = fleet;
  const times = [50, 95, 99, 99.9].map((p) => `p${p} ${percentile(cycles, p / 100).toFixed(1)} ms`);
  return (
    `${healthy} healthy routers${bad > 0 ? ` and ${bad} bad` : ''}: ${cycles.length} readings of ${expected}, ` +
    `late ${(lateShare(fleet) * 100).toFixed(3)} %, ${times.join(', ')}, ` +
    `${microsPerReading(fleet).toFixed(0)} µs a reading, ${(coreShare(fleet) * 100).toFixed(0)} % of a core, ` +
    `${(fleet.bytesPerRouter / 1_024).toFixed(0)} KiB a router\n`
  );
}
