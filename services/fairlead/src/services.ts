import { UsageError } from './exit.ts';

/** The services of the pipeline, in the order in which they start: what consumes before what produces. */
export const serviceNames = [
  'clickhouse-writer',
  'live-gateway',
  'actuator',
  'flow-reconciler',
  'wan-processor',
  'flow-decoder',
  'netflow-collector',
  'syslog-collector',
  'snmp-collector',
  'routeros-collector',
] as const;

export type ServiceName = (typeof serviceNames)[number];

/** The services that may not wait for the log, because what they do not take is gone. */
export const collectorNames = [
  'netflow-collector',
  'syslog-collector',
  'snmp-collector',
  'routeros-collector',
] as const satisfies readonly ServiceName[];

export type CollectorName = (typeof collectorNames)[number];

const isServiceName = (text: string): text is ServiceName =>
  (serviceNames as readonly string[]).includes(text);

/**
 * The services named in `a,b`; all of them for undefined.
 * @throws UsageError naming the unknown one and the known ones
 */
export function parseServices(text: string | undefined): ReadonlySet<ServiceName> {
  if (text === undefined) return new Set(serviceNames);
  const names = text.split(',').map((name) => name.trim());
  for (const name of names) {
    if (!isServiceName(name))
      throw new UsageError(`unknown service "${name}"; known: ${serviceNames.join(', ')}`);
  }
  return new Set(names.filter(isServiceName));
}
