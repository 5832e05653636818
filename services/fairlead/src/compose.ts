import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createActuator } from '@fairlead/actuator';
import { createClickhouseWriter } from '@fairlead/clickhouse-writer';
import type { EventLog } from '@fairlead/event-log';
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
import { createWanProcessor } from '@fairlead/wan-processor';
import type { FairleadConfig } from './config.ts';
import { openEventLogs } from './event-logs.ts';
import { instanceName } from './instance-name.ts';
import { refuseIfRunning, removeRunFile, writeRunFile } from './run-file.ts';
import { routersOf } from './kill-switch.ts';
import { createOrderedInventory } from './ordered-inventory.ts';
import type { ServiceName } from './services.ts';
import { tokenFileOf } from './token-file.ts';

export { openEventLog } from './event-logs.ts';

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
  const configured = options.inventory ?? fixedInventory(routersOf(config));
  await refuseIfRunning(config.dataDirectory, services);
  await mkdir(config.dataDirectory, { recursive: true });

  const logs = await openEventLogs(config, services, telemetry);
  const log = logs.main;
  const origins = config.live.origins.map((origin) => new URL(origin).hostname);
  const http = createHttpServer({ ...config.http, hosts: [...config.http.hosts, ...origins] }, telemetry);
  const components: Component[] = [telemetry.component, logs.component];
  let inventory = configured;
  // Collectors ask the same of a router whatever its mode, and are not to wait for a log that is away.
  if (!logs.isForCollectorsOnly) {
    const ordered = await createOrderedInventory(configured, { log, telemetry });
    inventory = ordered.inventory;
    components.push(ordered.component);
  }

  let storeUrl = (): string | undefined => undefined;
  let history: TelemetryStore | undefined;
  if (services.has('clickhouse-writer')) {
    const store = await openStore(config);
    history = store;
    components.push({ name: 'telemetry-store', start: async () => undefined, stop: () => store.close() });
    if (config.store.kind === 'embedded') {
      await store.migrate();
      const server = createStoreHttpServer(config.store.http, { store, telemetry });
      components.push(server);
      storeUrl = () => server.url();
    }
    components.push(createClickhouseWriter(config.writer, { log, store, clock, telemetry }));
  }
  if (services.has('live-gateway')) {
    if (!history && config.store.kind === 'clickhouse') {
      const store = await openStore(config);
      history = store;
      components.push({ name: 'history', start: async () => undefined, stop: () => store.close() });
    }
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
    const own = logs.collectorLog('netflow-collector');
    components.push(createNetflowCollector(config.netflow, { log: own, inventory, clock, telemetry }));
  }
  if (services.has('syslog-collector')) {
    const own = logs.collectorLog('syslog-collector');
    components.push(createSyslogCollector(config.syslog, { log: own, inventory, clock, telemetry }));
  }
  if (services.has('snmp-collector')) {
    const own = logs.collectorLog('snmp-collector');
    components.push(createSnmpCollector(config.snmp, { log: own, inventory, clock, telemetry }));
  }
  if (services.has('routeros-collector')) {
    const own = logs.collectorLog('routeros-collector');
    components.push(createRouterosCollector(config.routeros, { log: own, inventory, clock, telemetry }));
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

export async function openStore(config: FairleadConfig): Promise<TelemetryStore> {
  if (config.store.kind === 'clickhouse') return createClickhouseStore(config.store);
  return createChdbStore({ directory: join(config.dataDirectory, 'store') });
}
