import { actuatorConfigSchema } from '@fairlead/actuator';
import { clickhouseWriterConfigSchema } from '@fairlead/clickhouse-writer';
import { flowDecoderConfigSchema } from '@fairlead/flow-decoder';
import { flowReconcilerConfigSchema } from '@fairlead/flow-reconciler';
import { type LiveGatewayConfig, liveGatewayConfigSchema } from '@fairlead/live-gateway';
import { inventorySchema, Secret } from '@fairlead/model';
import { netflowCollectorConfigSchema } from '@fairlead/netflow-collector';
import { type HttpServerConfig, httpServerConfigSchema, isLoopback } from '@fairlead/runtime';
import { routerosCollectorConfigSchema } from '@fairlead/routeros-collector';
import { snmpCollectorConfigSchema } from '@fairlead/snmp-collector';
import { syslogCollectorConfigSchema } from '@fairlead/syslog-collector';
import { wanProcessorConfigSchema } from '@fairlead/wan-processor';
import { z } from 'zod';
import { eventLogSchema } from './event-log-config.ts';

const port = z.int().min(0).max(65_535);
const secret = z.string().transform((value) => new Secret(value));

const storeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('embedded'),
    http: z
      .strictObject({ host: z.string().default('127.0.0.1'), port: port.default(8123) })
      .prefault({})
      .describe('ClickHouse HTTP interface of the embedded store, reading only.'),
  }),
  z.strictObject({
    kind: z.literal('clickhouse'),
    url: z.url().describe('HTTP address of the server, such as http://127.0.0.1:8123.'),
    user: z.string().default('default'),
    password: secret.prefault(''),
    database: z.string().default('fairlead'),
    cluster: z
      .string()
      .regex(/^\w+$/)
      .optional()
      .describe(
        'Name of the cluster (remote_servers) whose replicas share the tables: they are made ON CLUSTER and replicated. The servers need the macros shard and replica. One server by itself unless given.',
      ),
  }),
]);

const fairleadKeysSchema = z.strictObject({
  dataDirectory: z
    .string()
    .default('.fairlead')
    .describe('Where the embedded log and store live, relative to the working directory.'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  http: httpServerConfigSchema.prefault({}).describe('Wallboard, /ws, /api, /healthz and /metrics.'),
  eventLog: eventLogSchema.prefault({ kind: 'embedded' }),
  store: storeSchema.prefault({ kind: 'embedded' }),
  netflow: netflowCollectorConfigSchema.prefault({}),
  flowDecoder: flowDecoderConfigSchema.prefault({}),
  flowReconciler: flowReconcilerConfigSchema.prefault({}),
  syslog: syslogCollectorConfigSchema.prefault({}),
  snmp: snmpCollectorConfigSchema.prefault({}),
  routeros: routerosCollectorConfigSchema.prefault({}),
  wanProcessor: wanProcessorConfigSchema.prefault({}),
  actuator: actuatorConfigSchema.prefault({}),
  writer: clickhouseWriterConfigSchema.prefault({}),
  live: liveGatewayConfigSchema.prefault({}),
  steering: z
    .strictObject({
      stopped: z
        .boolean()
        .default(false)
        .describe(
          'Kill switch of all routers: nothing is decided, and nothing carried out. Obeyed on SIGHUP too.',
        ),
    })
    .prefault({}),
  routers: inventorySchema.default([]).describe('The routers and their uplinks.'),
});

/** The whole of fairlead.yaml. Each service describes its own part. */
export const fairleadConfigSchema = fairleadKeysSchema.superRefine(checkReach);

export type FairleadConfig = z.infer<typeof fairleadConfigSchema>;

/** Where others can reach the page, nobody should find out later what that meant. */
function checkReach(
  { http, live }: { readonly http: HttpServerConfig; readonly live: LiveGatewayConfig },
  context: z.RefinementCtx,
): void {
  if (isLoopback(http.host)) return;
  const add = (todo: string): void =>
    context.addIssue({
      code: 'custom',
      path: ['http', 'host'],
      message: `others can reach ${http.host}: ${todo}`,
    });
  if (live.access === undefined) {
    add('set live.access to token (fairlead token create makes one), or to open to let everybody read');
  }
  if (!http.tls && !http.allowPlainText) {
    add('set http.tls, or http.allowPlainText: true where a proxy in front ends TLS or nobody reads along');
  }
}
