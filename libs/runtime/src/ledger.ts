import { Counter, type Registry } from 'prom-client';

/**
 * The books of one service for one unit (datagrams, messages, records). At rest they balance: a collector's
 * `received = stored + dropped`, a decoder's `received = decoded + dropped`.
 */
export interface Ledger {
  received(count?: number): void;
  decoded(count?: number): void;
  stored(count?: number): void;
  dropped(reason: string, count?: number): void;
}

const series = {
  received: 'What came in, by service and unit.',
  decoded: 'What was understood, by service and unit.',
  stored: 'What the event log or the store acknowledged, by service and unit.',
  dropped: 'What was let go, by service, unit and reason.',
} as const;

/** The ledger of a service; the metrics are `fairlead_{received,decoded,stored,dropped}_total`. */
export function createLedger(registry: Registry, service: string, unit: string): Ledger {
  const labels = { service, unit };
  const counter = (name: keyof typeof series): Counter => {
    const metric = `fairlead_${name}_total`;
    const existing = registry.getSingleMetric(metric);
    if (existing instanceof Counter) return existing;
    const labelNames = name === 'dropped' ? ['service', 'unit', 'reason'] : ['service', 'unit'];
    return new Counter({ name: metric, help: series[name], labelNames, registers: [registry] });
  };
  const received = counter('received').labels(labels);
  const decoded = counter('decoded').labels(labels);
  const stored = counter('stored').labels(labels);
  const dropped = counter('dropped');
  return {
    received: (count = 1) => received.inc(count),
    decoded: (count = 1) => decoded.inc(count),
    stored: (count = 1) => stored.inc(count),
    dropped: (reason, count = 1) => dropped.inc({ ...labels, reason }, count),
  };
}
