import { Gauge, type Registry } from 'prom-client';

type Waiting = () => { readonly bytes: number; readonly records: number };

/** Shows what waits in the spool of a service: `fairlead_spool_records` and `fairlead_spool_bytes`. */
export function showSpool(registry: Registry, service: string, waiting: Waiting): void {
  spoolsOf(registry).set(service, waiting);
}

const known = new WeakMap<Registry, Map<string, Waiting>>();

/** The spools of a registry; the first one makes its metrics. */
function spoolsOf(registry: Registry): Map<string, Waiting> {
  const existing = known.get(registry);
  if (existing) return existing;
  const spools = new Map<string, Waiting>();
  known.set(registry, spools);
  for (const unit of ['records', 'bytes'] as const) {
    new Gauge({
      name: `fairlead_spool_${unit}`,
      help: `${unit === 'bytes' ? 'Bytes' : 'Records'} that wait on the disk for the event log, by collector.`,
      labelNames: ['service'],
      registers: [registry],
      collect() {
        for (const [service, waiting] of spools) this.set({ service }, waiting()[unit]);
      },
    });
  }
  return spools;
}
