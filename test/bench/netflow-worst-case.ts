/**
 * The most expensive datagrams that fit UDP (65 507 bytes), by design instead of by chance: what one of each costs the
 * decoder, its memory filled before as it must be for the worst. Prints a JSON line for each: the median, and the slowest
 * of those during which no garbage was collected.
 *
 *     node --expose-gc --import tsx test/bench/netflow-worst-case.ts [RUNS]
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { addressToBytes } from '@fairlead/model';
import { createFlowPool, createTemplateStore, decodeNetflow, type TemplateStore } from '@fairlead/netflow';
import { worstCases } from '@fairlead/netflow/testing';

const WARM_UP = 150;
const runs = Number(process.argv[2] ?? 60);
const exporter = addressToBytes('192.0.2.1');
// As the flow decoder does.
const pool = createFlowPool();
let timeMs = 1_700_000_000_000;

function decode(
  datagram: Uint8Array,
  templates: TemplateStore,
): { readonly fromMs: number; readonly toMs: number } {
  timeMs += 1;
  pool.reset();
  const fromMs = performance.now();
  decodeNetflow(datagram, { timeMs, exporter, router: '', templates, pool });
  return { fromMs, toMs: performance.now() };
}

const pauses: { readonly fromMs: number; readonly toMs: number }[] = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries()) {
    pauses.push({ fromMs: startTime, toMs: startTime + duration });
  }
}).observe({ entryTypes: ['gc'] });

for (const { name, before, datagram } of worstCases) {
  const spans: { readonly fromMs: number; readonly toMs: number }[] = [];
  for (let run = 0; run < WARM_UP + runs; run += 1) {
    const templates = createTemplateStore();
    for (const earlier of before) decode(earlier, templates);
    const span = decode(datagram, templates);
    if (run >= WARM_UP) spans.push(span);
  }
  globalThis.gc?.();
  // The observer hears of collections later.
  await setTimeout(20);
  const quiet = spans.filter(
    ({ fromMs, toMs }) => !pauses.some((gc) => gc.fromMs < toMs && gc.toMs > fromMs),
  );
  const took = (of: typeof spans): number[] =>
    of.map(({ fromMs, toMs }) => toMs - fromMs).sort((a, b) => a - b);
  const round = (ms: number | undefined): number | undefined => ms && Math.round(ms * 100) / 100;
  const all = took(spans);
  process.stdout.write(
    `${JSON.stringify({
      name,
      bytes: datagram.length,
      medianMs: round(all[all.length >> 1]),
      slowestMs: round(took(quiet).at(-1)),
      slowestWithGcMs: round(all.at(-1)),
      withGc: spans.length - quiet.length,
    })}\n`,
  );
}
