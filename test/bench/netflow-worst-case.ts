/**
 * The most expensive datagrams that fit UDP (65 507 bytes), by design instead of by chance: what one of each costs in a
 * process that lives as the flow decoder does. One store holds all that its limits allow, one pool is used again, and every
 * datagram is a new buffer, comes from an address that was never heard, and has a turn of the event loop; before it comes
 * what makes it worst. Nothing is collected by order: a pause of the collector counts to the datagram during which it
 * happens, whoever left the garbage.
 *
 * Prints a JSON line for each, in milliseconds: the median; the slowest as the clock says, how many took more than 5 and
 * during how many garbage was collected; the slowest without the time in which another process had the processor; the
 * longest pause of the collector between datagrams; and the slowest of those that came before, without such times too.
 *
 * After each datagram comes a millisecond of arithmetic, which allocates nothing: what it takes longer is the machine. The last
 * lines say it of all of them, and what is in the heap at the end, after a collection.
 *
 *     node --expose-gc --import tsx test/bench/netflow-worst-case.ts [RUNS] [NAME]
 */
import { openSync, readSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { addressToBytes } from '@fairlead/model';
import { createFlowPool, createTemplateStore, decodeNetflow } from '@fairlead/netflow';
import { buildSet, buildV9, templateRecord, type V9Field, worstCases } from '@fairlead/netflow/testing';

const WARM_UP = 100;
/** Addresses that fill the store. */
const FILLERS = 10_000;

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly waitedMs: number;
}

const runs = Number(process.argv[2] ?? 200);
const only = process.argv[3] ?? '';
const templates = createTemplateStore();
const pool = createFlowPool();
let timeMs = 1_700_000_000_000;
let addresses = 0;

/** An address that nobody has used; of forged ones there is no end. */
function nextAddress(): Uint8Array {
  addresses += 1;
  return addressToBytes(`198.${addresses >> 16}.${(addresses >> 8) & 0xff}.${addresses & 0xff}`);
}

const schedule = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
const scheduleText = Buffer.alloc(64);
/** How long the main thread was ready and had no processor (Linux, Documentation/scheduler/sched-stats). */
function waitedMs(): number {
  const length = readSync(schedule, scheduleText, 0, scheduleText.length, 0);
  return Number(scheduleText.toString('latin1', 0, length).split(' ')[1]) / 1e6;
}

async function timed(work: () => void): Promise<Span> {
  await setImmediate();
  const waitedBeforeMs = waitedMs();
  const fromMs = performance.now();
  work();
  const toMs = performance.now();
  return { fromMs, toMs, waitedMs: waitedMs() - waitedBeforeMs };
}

function decode(original: Uint8Array, exporter: Uint8Array): Promise<Span> {
  const datagram = original.slice();
  timeMs += 1;
  const context = { timeMs, exporter, router: '', templates, pool };
  return timed(() => void decodeNetflow(datagram, context));
}

/** What a millisecond of arithmetic took, again and again. */
const arithmetic: Span[] = [];

let sum = 0;
function calculate(steps: number): void {
  for (let i = 0; i < steps; i += 1) sum = (sum * 31 + i) | 0;
}

/** Steps that take a millisecond: by the quickest of some, so that a busy machine does not make it less work. */
function stepsOfMillisecond(): number {
  const STEPS = 1_000_000;
  const took = Array.from({ length: 20 }, () => {
    const fromMs = performance.now();
    calculate(STEPS);
    return performance.now() - fromMs;
  });
  return Math.round(STEPS / Math.min(...took));
}

const pauses: { readonly fromMs: number; readonly toMs: number }[] = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) {
    pauses.push({ fromMs: startTime, toMs: startTime + duration });
  }
}).observe({ entryTypes: ['gc'] });

/** Templates and sets that wait, of all addresses, until the store lets the oldest go. */
async function fillStore(): Promise<void> {
  const announcement = buildV9(
    {},
    buildSet(
      0,
      templateRecord(
        256,
        Array.from({ length: 24 }, (_, i): V9Field => [i + 1, 4]),
      ),
    ),
  );
  const early = buildV9({}, ...Array.from({ length: 16 }, () => buildSet(999, new Uint8Array(64))));
  for (let i = 0; i < FILLERS; i += 1) {
    const exporter = nextAddress();
    await decode(announcement, exporter);
    await decode(early, exporter);
  }
}

const took = ({ fromMs, toMs }: Span): number => toMs - fromMs;
const ownMs = (span: Span): number => took(span) - span.waitedMs;
const round = (ms: number | undefined): number => Math.round((ms ?? 0) * 100) / 100;

function describe(spans: readonly Span[]): Readonly<Record<string, number>> {
  const sorted = spans.map(took).sort((a, b) => a - b);
  return {
    median: round(sorted[sorted.length >> 1]),
    slowest: round(sorted.at(-1)),
    over5: sorted.filter((ms) => ms > 5).length,
    slowestOwn: round(Math.max(...spans.map(ownMs))),
    ownOver5: spans.filter((span) => ownMs(span) > 5).length,
  };
}

/** Runs the work, with what comes before it, and prints what it took. */
async function measure(
  name: string,
  bytes: number,
  run: () => Promise<{ readonly before: readonly Span[]; readonly span: Span }>,
): Promise<void> {
  const spans: Span[] = [];
  const spansBefore: Span[] = [];
  pauses.length = 0;
  for (let i = 0; i < WARM_UP + runs; i += 1) {
    const { before, span } = await run();
    if (i < WARM_UP) continue;
    spansBefore.push(...before);
    spans.push(span);
    arithmetic.push(await timed(() => calculate(steps)));
  }
  // The observer hears of collections later.
  await setTimeout(20);
  const during = spans.filter((span) =>
    pauses.some((pause) => pause.fromMs < span.toMs && pause.toMs > span.fromMs),
  );
  process.stdout.write(
    `${JSON.stringify({
      name,
      bytes,
      ...describe(spans),
      withGc: during.length,
      longestPause: round(Math.max(0, ...pauses.map(({ fromMs, toMs }) => toMs - fromMs))),
      slowestOwnBefore: round(Math.max(0, ...spansBefore.map(ownMs))),
    })}\n`,
  );
}

const steps = stepsOfMillisecond();
await fillStore();
for (const { name, before, datagram } of worstCases.filter((each) => each.name.includes(only))) {
  await measure(name, datagram.length, async () => {
    const exporter = nextAddress();
    const spansBefore: Span[] = [];
    for (const earlier of before) spansBefore.push(await decode(earlier, exporter));
    return { before: spansBefore, span: await decode(datagram, exporter) };
  });
}
process.stdout.write(`${JSON.stringify({ arithmetic: arithmetic.length, ...describe(arithmetic) })}\n`);
globalThis.gc?.();
const { heapUsed } = process.memoryUsage();
process.stdout.write(`${JSON.stringify({ ...templates.size, heapMb: Math.round(heapUsed / 2 ** 20) })}\n`);
