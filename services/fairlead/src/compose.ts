import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createActuator } from '@fairlead/actuator';
import { createClickhouseWriter } from '@fairlead/clickhouse-writer';
import {
  createEmbeddedLog,
  createKafkaLog,
  type EventLog,
  type InspectableLog,
  withLagMetric,
} from '@fairlead/event-log';
import { createFlowDecoder } from '@fairlead/flow-decoder';
import { createFlowReconciler } from '@fairlead/flow-reconciler';
import { createLiveGateway } from '@fairlead/live-gateway';
import { type Clock, fixedInventory, type InventorySource } from '@fairlead/model';
import { createNetflowCollector } from '@fairlead/netflow-collector';
import { createRouterosCollector } from '@fairlead/routeros-collector';
import { type Component, createHttpServer, type Telemetry } from '@fairlead/runtime';
import { createSnmpCollector } from '@fairlead/snmp-collector';
import { createSyslogCollector } from '@fairlead/syslog-collector';
import {
  createChdbStore,
  createClickhouseStore,
  createStoreHttpServer,
  type TelemetryStore,
} from '@fairlead/telemetry-store';
import { topics } from '@fairlead/topics';
import { createWanProcessor } from '@fairlead/wan-processor';
import type { FairleadConfig } from './config.ts';
import { instanceName } from './instance-name.ts';
import { kafkaOptions } from './event-log-config.ts';
import { refuseIfRunning, removeRunFile, writeRunFile } from './run-file.ts';
import { createOrderedInventory } from './ordered-inventory.ts';
import type { ServiceName } from './services.ts';
import { tokenFileOf } from './token-file.ts';

export interface Pipeline {
  readonly log: EventLog;
  /** In the order in which they start. */
  readonly components: readonly Component[];
  /** Address of the wallboard, once started. */
  url(): string;
  /** Address of the embedded store's HTTP interface, once started; absent with a ClickHouse server. */
  storeUrl(): string | undefined;
}

/** Builds the services of one process from its configuration: the one place where they meet. */
export async function composePipeline(
  config: FairleadConfig,
  options: {
    readonly services: ReadonlySet<ServiceName>;
    readonly clock: Clock;
    readonly telemetry: Telemetry;
    /** Where the routers come from; those of the configuration, for good, unless given. */
    readonly inventory?: InventorySource;
  },
): Promise<Pipeline> {
  const { services, clock, telemetry } = options;
  const configured = options.inventory ?? fixedInventory(config.routers);
  await refuseIfRunning(config.dataDirectory, services);
  await mkdir(config.dataDirectory, { recursive: true });

  const log = withLagMetric(await openEventLog(config, telemetry), telemetry.registry);
  await log.ensureTopics(Object.values(topics));
  for (const { name, differences } of await log.compareTopics(Object.values(topics))) {
    if (differences.length > 0)
      telemetry.log.warn({ topic: name, differences }, 'a topic is not as it should be');
  }
  const origins = config.live.origins.map((origin) => new URL(origin).hostname);
  const http = createHttpServer({ ...config.http, hosts: [...config.http.hosts, ...origins] }, telemetry);
  const { inventory, component: orders } = createOrderedInventory(configured, { log, telemetry });
  const components: Component[] = [
    telemetry.component,
    { name: 'event-log', start: async () => undefined, stop: () => log.close() },
    orders,
  ];

  let storeUrl = (): string | undefined => undefined;
  let history: TelemetryStore | undefined;
  if (services.has('clickhouse-writer')) {
    const store = await openStore(config);
    await store.migrate();
    history = store;
    components.push({ name: 'telemetry-store', start: async () => undefined, stop: () => store.close() });
    if (config.store.kind === 'embedded') {
      const server = createStoreHttpServer(config.store.http, { store, telemetry });
      components.push(server);
      storeUrl = () => server.url();
    }
    components.push(createClickhouseWriter(config.writer, { log, store, clock, telemetry }));
  }
  if (services.has('live-gateway')) {
    const live = { ...config.live, tokenFile: tokenFileOf(config) };
    components.push(createLiveGateway(live, { log, inventory, clock, telemetry, http, store: history }));
  }
  components.push(http);
  if (services.has('actuator')) {
    const instance = instanceName(config);
    components.push(createActuator(config.actuator, { log, inventory, clock, telemetry, instance }));
  }
  if (services.has('flow-reconciler')) {
    components.push(createFlowReconciler(config.flowReconciler, { log, inventory, clock, telemetry }));
  }
  if (services.has('wan-processor')) {
    components.push(createWanProcessor(config.wanProcessor, { log, inventory, clock, telemetry }));
  }
  if (services.has('flow-decoder')) {
    components.push(createFlowDecoder(config.flowDecoder, { log, inventory, clock, telemetry }));
  }
  if (services.has('netflow-collector')) {
    components.push(createNetflowCollector(config.netflow, { log, inventory, clock, telemetry }));
  }
  if (services.has('syslog-collector')) {
    components.push(createSyslogCollector(config.syslog, { log, inventory, clock, telemetry }));
  }
  if (services.has('snmp-collector')) {
    components.push(createSnmpCollector(config.snmp, { log, inventory, clock, telemetry }));
  }
  if (services.has('routeros-collector')) {
    components.push(createRouterosCollector(config.routeros, { log, inventory, clock, telemetry }));
  }
  components.push({
    name: 'run-file',
    start: () => {
      const store = storeUrl();
      return writeRunFile(config.dataDirectory, {
        pid: process.pid,
        url: http.url(),
        ...(store === undefined ? {} : { storeUrl: store }),
        services: [...services],
      });
    },
    stop: () => removeRunFile(config.dataDirectory, process.pid),
  });
  return { log, components, url: () => http.url(), storeUrl: () => storeUrl() };
}

export function openEventLog(config: FairleadConfig, telemetry: Telemetry): Promise<InspectableLog> {
  if (config.eventLog.kind === 'kafka') {
    return createKafkaLog({
      ...kafkaOptions(config.eventLog),
      logger: telemetry.log.child({ service: 'kafka' }),
    });
  }
  return createEmbeddedLog({
    directory: join(config.dataDirectory, 'log'),
    logger: telemetry.log.child({ service: 'event-log' }),
  });
}

export async function openStore(config: FairleadConfig): Promise<TelemetryStore> {
  if (config.store.kind === 'clickhouse') return createClickhouseStore(config.store);
  return createChdbStore({ directory: join(config.dataDirectory, 'store') });
}
