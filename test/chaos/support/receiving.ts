import { until } from '@fairlead/testkit';
import { readMetrics } from '../../e2e/support/fairlead-process.ts';

/** Books of a collector, in datagrams. */
export interface Books {
  readonly received: number;
  readonly stored: number;
  readonly dropped: number;
  /** Let go after they were stored in the spool. */
  readonly lostInSpool: number;
  /** Wait in the spool. */
  readonly spooled: number;
}

/** Datagrams of a time in which their collector lived: what is not in the log in the end was dropped, and counted. */
export interface Window {
  readonly name: string;
  readonly firstNumber: number;
  readonly lastNumber: number;
  /** As the collector counted. */
  readonly dropped: number;
}

export interface Receiving {
  /** The windows that are over. */
  readonly windows: readonly Window[];
  watch(name: string): Promise<OpenWindow>;
  /** Resolves when all that was sent is in the log or the spool, of a collector to which nothing is sent any more. */
  untilTaken(): Promise<void>;
  /** Resolves when nothing waits in the spool. */
  untilDrained(): Promise<void>;
}

export interface OpenWindow {
  /** The collector is about to be killed, at rest: its next life counts from zero. */
  leave(): Promise<void>;
  /** Resolves when the collector has made up for what was in the window. */
  end(): Promise<void>;
}

/** Nothing is dropped for so long when it is over. */
const QUIET_MS = 2_000;
const RECOVERY_MS = 120_000;

export async function readBooks(url: string, service: string): Promise<Books> {
  const samples = [...(await readMetrics(url))];
  const sum = (metric: string, unit = ''): number =>
    samples
      .filter(([name]) => name.startsWith(`fairlead_${metric}{service="${service}"${unit}`))
      .reduce((all, [, value]) => all + value, 0);
  return {
    received: sum('received_total', ',unit="datagrams"'),
    stored: sum('stored_total', ',unit="datagrams"'),
    dropped: sum('dropped_total', ',unit="datagrams"'),
    lostInSpool: sum('dropped_total', ',unit="spooled"'),
    spooled: sum('spool_records'),
  };
}

/** @param sent number of the last datagram that was sent */
export function createReceiving(books: () => Promise<Books>, sent: () => number): Receiving {
  const windows: Window[] = [];
  const droppedSoFar = async (): Promise<number> => {
    const { dropped, lostInSpool } = await books();
    return dropped + lostInSpool;
  };
  return {
    windows,
    async watch(name) {
      let droppedBefore = await droppedSoFar();
      const firstNumber = sent() + 1;
      return {
        async leave() {
          droppedBefore -= await droppedSoFar();
        },
        async end() {
          const end = await until(
            `the end of ${name}`,
            async () => {
              const lastNumber = sent();
              const dropped = await droppedSoFar();
              await pauseQuietly();
              const isQuiet = dropped === (await droppedSoFar()) && (await books()).spooled === 0;
              return isQuiet ? { lastNumber, dropped: dropped - droppedBefore } : undefined;
            },
            { timeoutMs: RECOVERY_MS },
          );
          windows.push({ name, firstNumber, ...end });
        },
      };
    },
    async untilTaken() {
      await until(
        'all that was sent is taken',
        async () => {
          const before = await books();
          await pauseQuietly();
          const { received, stored, dropped } = await books();
          return received === before.received && received === stored + dropped;
        },
        { timeoutMs: RECOVERY_MS },
      );
    },
    async untilDrained() {
      await until('nothing waits in the spool', async () => (await books()).spooled === 0, {
        timeoutMs: RECOVERY_MS,
      });
    },
  };
}

const pauseQuietly = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, QUIET_MS));
