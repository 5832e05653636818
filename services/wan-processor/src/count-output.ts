import type { Ledger } from '@fairlead/runtime';
import { Counter, type Registry } from 'prom-client';
import type { CountersOutput } from './process-counters.ts';

const HOLDS = 'fairlead_steering_holds_total';

/** Why samples of steered routers led to no decision. */
export function createHoldCounter(registry: Registry): Counter {
  const existing = registry.getSingleMetric(HOLDS);
  if (existing instanceof Counter) return existing;
  return new Counter({
    name: HOLDS,
    help: 'Samples of steered routers that led to no decision, by the reason.',
    labelNames: ['reason'],
    registers: [registry],
  });
}

/**
 * Samples: received = decoded + dropped; a sample is decoded when it gave utilisation. Records go to the log in one step
 * with the commit of the batch, which is repeated until it succeeds, so they count as stored here, once.
 */
export function countOutput(
  {
    samples,
    records,
    holds,
  }: { readonly samples: Ledger; readonly records: Ledger; readonly holds: Counter },
  output: CountersOutput,
): void {
  if (output.kind !== 'poll') {
    samples.received();
    samples.dropped(output.kind === 'broken' ? 'broken' : output.reason);
    return;
  }
  const { utilisation, events, decisions, hold, unused } = output.output;
  if (hold !== undefined) holds.inc({ reason: hold });
  samples.received(utilisation.length + unused.length);
  samples.decoded(utilisation.length);
  for (const reason of unused) samples.dropped(reason);
  const made = utilisation.length + events.length + decisions.length;
  records.received(made);
  records.stored(made);
}
