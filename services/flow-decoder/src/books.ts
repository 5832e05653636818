import type { LogBatch, LogRecord } from '@fairlead/event-log';
import { createSequenceTracker, type Decoded, type SequenceNote } from '@fairlead/netflow';
import { createLedger } from '@fairlead/runtime';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { DecoderMemory } from './decoder-memory.ts';
import { IMPOSSIBLE_FLOW } from './impossible-flow.ts';

/** What one log record amounted to. */
interface Page {
  /** The record holds no readable batch of datagrams; it counts as one. */
  broken(): void;
  /**
   * `impossibleFlows` of its flows are not stored.
   * @param router that sent it; empty where the inventory has none
   */
  datagram(decoded: Decoded, impossibleFlows: number, router: string): void;
}

/** The ledgers of the decoder. A batch that is worked on again, after a commit that failed, is not booked again. */
export interface Books {
  open(record: LogRecord): Page;
  close(batch: LogBatch): void;
}

const unbooked: Page = { broken: () => undefined, datagram: () => undefined };

/**
 * Books of two units. Datagrams: received = decoded + dropped, where a datagram of which nothing could be used is
 * dropped with its first problem as the reason. Flows: decoded = stored + dropped, because flows are appended together with
 * the commit of their datagrams and come again until that succeeds.
 */
export function createBooks(registry: Registry, service: string, totals: DecoderMemory['totals']): Books {
  const datagrams = createLedger(registry, service, 'datagrams');
  const flows = createLedger(registry, service, 'flows');
  const problems = new Counter({
    name: 'fairlead_netflow_problems_total',
    help: 'Parts of flow datagrams that could not be used, by kind.',
    labelNames: ['kind'],
    registers: [registry],
  });
  new Gauge({
    name: 'fairlead_netflow_templates',
    help: 'Templates of all exporters that the decoder remembers.',
    registers: [registry],
    collect() {
      this.set(totals().templates);
    },
  });
  new Gauge({
    name: 'fairlead_netflow_templates_evicted',
    help: 'Templates that were let go for lack of room.',
    registers: [registry],
    collect() {
      this.set(totals().evictedTemplates);
    },
  });
  new Gauge({
    name: 'fairlead_netflow_waiting_sets',
    help: 'Data sets that wait for their template.',
    registers: [registry],
    collect() {
      this.set(totals().waitingSets);
    },
  });
  const countSequence = createSequenceCounters(registry);
  const bookedUpTo = new Map<number, number>();

  const page: Page = {
    broken() {
      datagrams.received();
      datagrams.dropped('broken-record');
    },
    datagram(decoded, impossibleFlows, router) {
      datagrams.received();
      if (decoded.sequence) countSequence(decoded.sequence, router);
      for (const { kind } of decoded.problems) problems.inc({ kind });
      const problem = decoded.problems[0];
      const used =
        decoded.flows.length + decoded.templates + decoded.optionsRecords + decoded.waitingSets > 0;
      if (problem && !used) datagrams.dropped(problem.kind);
      else datagrams.decoded();
      if (decoded.flows.length === 0) return;
      flows.decoded(decoded.flows.length);
      flows.stored(decoded.flows.length - impossibleFlows);
      if (impossibleFlows > 0) flows.dropped(IMPOSSIBLE_FLOW, impossibleFlows);
    },
  };
  return {
    open: ({ partition, offset }) => (offset < (bookedUpTo.get(partition) ?? 0) ? unbooked : page),
    close({ partition, records }) {
      const last = records.at(-1);
      if (last) bookedUpTo.set(partition, Math.max(bookedUpTo.get(partition) ?? 0, last.offset + 1));
    },
  };
}

/**
 * What the sequence numbers say of the way from the exporters to here. It is told by router, and of all exporters that
 * are in no inventory together, so that no sender makes up a new time series.
 */
function createSequenceCounters(registry: Registry): (note: SequenceNote, router: string) => void {
  const labelNames = ['router', 'version'] as const;
  const missed = new Counter({
    name: 'fairlead_netflow_missed_total',
    help: 'What exporters counted and nobody received: flows of v5 and v7, datagrams of v9, data records of IPFIX.',
    labelNames,
    registers: [registry],
  });
  const late = new Counter({
    name: 'fairlead_netflow_late_total',
    help: 'Counted as missed, and come after all; in the same units.',
    labelNames,
    registers: [registry],
  });
  const steps = new Counter({
    name: 'fairlead_netflow_sequence_steps_total',
    help: 'Datagrams that did not follow on the one before them: gap, late, duplicate or restart.',
    labelNames: [...labelNames, 'kind'],
    registers: [registry],
  });
  const tracker = createSequenceTracker();
  return (note, router) => {
    const outcome = tracker.track(note);
    if (outcome.kind === 'in-order') return;
    const labels = { router, version: versionNames.get(note.speaker.version) ?? 'unknown' };
    steps.inc({ ...labels, kind: outcome.kind });
    if (outcome.missed > 0) missed.inc(labels, outcome.missed);
    if (outcome.late > 0) late.inc(labels, outcome.late);
  };
}

const versionNames: ReadonlyMap<number, string> = new Map([
  [5, 'v5'],
  [7, 'v7'],
  [9, 'v9'],
  [10, 'ipfix'],
]);
