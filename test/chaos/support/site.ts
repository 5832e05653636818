import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EdgeRouter } from './edge-router.ts';
import type { LogUnderTest } from './log-under-test.ts';
import { routersConfig } from './watched-wans.ts';

export const FLOW_COLLECTOR = 'netflow-collector';
export const SYSLOG_COLLECTOR = 'syslog-collector';
/** What asks routers; its configuration has only the ones that there are. */
export const POLLERS: readonly string[] = ['snmp-collector', 'routeros-collector'];
export const GATEWAY = 'live-gateway';
/** Each is a process. The consumers that share their work are there twice. */
export const FLEET: Readonly<Record<string, string>> = {
  'writer-1': 'clickhouse-writer',
  'writer-2': 'clickhouse-writer',
  'processor-1': 'flow-decoder,wan-processor,flow-reconciler',
  'processor-2': 'flow-decoder,wan-processor,flow-reconciler',
  actuator: 'actuator',
  [GATEWAY]: GATEWAY,
  ...Object.fromEntries([FLOW_COLLECTOR, SYSLOG_COLLECTOR, ...POLLERS].map((name) => [name, name])),
};
/** Flow datagrams that wait for want of room. */
const QUEUE_DATAGRAMS = 400;

/** Writes the configurations of the fleet. @returns the file of a unit */
export function writeConfigurations(
  folder: string,
  site: {
    readonly log: LogUnderTest;
    readonly storeUrl: string;
    readonly ports: { readonly netflow: number; readonly syslog: number };
    readonly edge: EdgeRouter;
  },
): (unit: string) => string {
  const { log, storeUrl, ports, edge } = site;
  const write = (name: string, routers: readonly object[]): string => {
    const file = join(folder, name);
    writeFileSync(
      file,
      `dataDirectory: ${join(folder, 'data')}
http: { port: 0 }
eventLog: ${log.config}
store: { kind: clickhouse, url: "${storeUrl}" }
netflow: { port: ${ports.netflow}, queueDatagrams: ${QUEUE_DATAGRAMS} }
syslog: { port: ${ports.syslog} }
writer: { maxAgeMs: 200 }
routers: ${JSON.stringify(routers)}
`,
    );
    return file;
  };
  const all = write('fairlead.yaml', [...routersConfig, ...edge.inventory]);
  const polled = write('pollers.yaml', edge.inventory);
  return (unit) => (POLLERS.includes(unit) ? polled : all);
}
