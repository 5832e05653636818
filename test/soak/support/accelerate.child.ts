/**
 * Loaded into a process before anything else (`--import`): its clocks and timers then run by SOAK_SIMULATED_TIME, so
 * that the unchanged program lives through a day in minutes. What is native, the engine of the store above all, keeps
 * the time of the machine. `heap` from the parent is answered with what is in use after a collection of garbage,
 * `real time` makes waits last as long as ever, so that stopping has the time it would have. It ends with its parent.
 */
import { realDelayMs, SIMULATED_TIME_VARIABLE, type SimulatedTime, simulatedMs } from './simulated-time.ts';

export interface HeapInUse {
  readonly heapBytes: number;
  readonly externalBytes: number;
}

const time = JSON.parse(process.env[SIMULATED_TIME_VARIABLE] ?? '') as SimulatedTime;
const RealDate = Date;
const sinceStart = performance.now.bind(performance);
const [startTimer, startInterval] = [setTimeout, setInterval];
let { factor } = time;

const nowMs = (): number => Math.floor(simulatedMs(time, performance.timeOrigin + sinceStart()));
RealDate.now = nowMs;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [nowMs()] : args, newTarget) as object,
});
performance.now = () => sinceStart() * time.factor;

type Run = (...args: unknown[]) => void;
globalThis.setTimeout = ((run: Run, ms = 0, ...args: unknown[]) =>
  startTimer(run, realDelayMs(factor, ms), ...args)) as typeof setTimeout;
globalThis.setInterval = ((run: Run, ms = 0, ...args: unknown[]) =>
  startInterval(run, realDelayMs(factor, ms), ...args)) as typeof setInterval;

process.on('message', (message) => {
  if (message === 'real time') factor = 1;
  if (message !== 'heap') return;
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.send?.({ heapBytes: heapUsed, externalBytes: external } satisfies HeapInUse);
});
// A run that is broken off leaves nothing running.
process.on('disconnect', () => process.exit());
process.channel?.unref();
