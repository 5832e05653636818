import type { LogBatch, LogRecord } from '@fairlead/event-log';
import type { Decoded, TemplateStore } from '@fairlead/netflow';
import { createLedger } from '@fairlead/runtime';
import { Counter, Gauge, type Registry } from 'prom-client';

/** What one log record amounted to. */
interface Page {
  /** The record holds no readable batch of datagrams; it counts as one. */
  broken(): void;
  datagram(decoded: Decoded): void;
}

/** The ledgers of the decoder. A batch that is worked on again, after a commit that failed, is not booked again. */
export interface Books {
  open(record: LogRecord): Page;
  close(batch: LogBatch): void;
}

const unbooked: Page = { broken: () => undefined, datagram: () => undefined };

/**
 * Books of two units. Datagrams: received = decoded + dropped, where a datagram of which nothing could be used is
 * dropped with its first problem as the reason. Flows: decoded = stored, because flows are appended together with
 * the commit of their datagrams and come again until that succeeds.
 */
export function createBooks(registry: Registry, service: string, templates: TemplateStore): Books {
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
      this.set(templates.size.templates);
    },
  });
  new Gauge({
    name: 'fairlead_netflow_templates_evicted',
    help: 'Templates that were let go for lack of room.',
    registers: [registry],
    collect() {
      this.set(templates.evictedTemplates);
    },
  });
  const bookedUpTo = new Map<number, number>();

  const page: Page = {
    broken() {
      datagrams.received();
      datagrams.dropped('broken-record');
    },
    datagram(decoded) {
      datagrams.received();
      for (const { kind } of decoded.problems) problems.inc({ kind });
      const problem = decoded.problems[0];
      const used = decoded.flows.length + decoded.templates + decoded.optionsRecords > 0;
      if (problem && !used) datagrams.dropped(problem.kind);
      else datagrams.decoded();
      if (decoded.flows.length === 0) return;
      flows.decoded(decoded.flows.length);
      flows.stored(decoded.flows.length);
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
