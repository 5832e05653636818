/** How the time of the machine becomes that of the site: both begin together, and the site's runs `factor` times as fast. */
export interface SimulatedTime {
  readonly realStartMs: number;
  readonly simulatedStartMs: number;
  readonly factor: number;
}

/** Where a process finds it, as JSON. */
export const SIMULATED_TIME_VARIABLE = 'SOAK_SIMULATED_TIME';

/** @returns Unix milliseconds at the site */
export const simulatedMs = (
  { realStartMs, simulatedStartMs, factor }: SimulatedTime,
  realMs: number,
): number => simulatedStartMs + (realMs - realStartMs) * factor;

/** Deadlines of answers of a router, in ms: settings of the soak that no other timer has by chance. */
export const ANSWER_DEADLINES_MS = { actuator: 29_999, routeros: 59_999 } as const;

/** How long the writer gathers for an insert, in ms, such a setting too. */
export const WRITER_AGE_MS = 59_998;

/** Waits of up to this length are those of the program itself (to gather, to poll a file) and last as long as ever, in ms. */
const TECHNICAL_MS = 250;
/** Looks at the machine itself, such as at the threads of the engine, and the wait for the names that it resolves. */
const MACHINE_MS = 2_000;
/** The machine is no faster than ever, and gets this long for an answer, and between two inserts into a partition. */
const ANSWER_MS = 2_000;
const INSERT_MS = 2_000;
const LEAST_REAL_MS = 1;

/** How long a timer of the program really runs, in ms. */
export function realDelayMs(factor: number, delayMs: number): number {
  if (delayMs <= TECHNICAL_MS || delayMs === MACHINE_MS) return delayMs;
  if (Object.values<number>(ANSWER_DEADLINES_MS).includes(delayMs)) return ANSWER_MS;
  if (delayMs === WRITER_AGE_MS) return INSERT_MS;
  return Math.max(LEAST_REAL_MS, delayMs / factor);
}
