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
import { type Component, createHttpServer, pause, type Telemetry } from '@fairlead/runtime';
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
import type { CollectorName, ServiceName } from './services.ts';
import { startInTurn } from './start-in-turn.ts';
import { tokenFileOf } from './token-file.ts';

export { openEventLog } from './event-logs.ts';

export interface Pipeline {
  readonly log: EventLog;
  /** In the order in which they start. */
  readonly components: readonly Component[];
  /**
   * Resolves when the event log is open, which services that need it wait for.
   * @throws Error when it is not there in time
   */
  untilLogIsOpen(deadlineMs: number): Promise<void>;
  /** Rejects when a service that had to wait fails to start, for another reason than the event log. */
  readonly failed: Promise<never>;
  /** Address of the wallboard, once started. */
  url(): string;
  /** Address of the embedded store's HTTP interface, once started; absent with a ClickHouse server. */
  storeUrl(): string | undefined;
}

/** What the HTTP server answers while services wait for the event log. */
const ALWAYS_ANSWERED: ReadonlySet<string> = new Set(['/healthz', '/metrics']);
const NOT_YET = 'Fairlead is starting; /healthz says what it waits for.\n';
const RETRY_AFTER_S = 5;
/** How long collectors wait for the services behind them, when Kafka is away and when it is there. */
const OTHERS_WAIT_MS = { unopened: 1_000, opened: 20_000 };
/** The embedded store finishes the insert that is under way; the engine does not bear to be left in the middle. */
const STORE_STOP_MS = 20_000;

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
  const { main } = logs;
  const { log } = main;
  const origins = config.live.origins.map((origin) => new URL(origin).hostname);
  const http = createHttpServer({ ...config.http, hosts: [...config.http.hosts, ...origins] }, telemetry);
  http.app.addHook('onRequest', async (request, reply) => {
    if (inTurn.isDone || ALWAYS_ANSWERED.has(request.url)) return;
    await reply
      .code(503)
      .header('retry-after', RETRY_AFTER_S)
      .type('text/plain; charset=utf-8')
      .send(NOT_YET);
  });
  const components: Component[] = [telemetry.component, logs.component];
  /** What needs the event log, and starts when that is there. */
  const awaiting: Component[] = [];
  /** What needs no more than its spool. */
  const collectors: Component[] = [];
  const addService = (name: ServiceName, create: (log: EventLog) => Component): void => {
    if (services.has(name)) awaiting.push(main.withPatience(name, create));
  };
  const addCollector = (name: CollectorName, create: (log: EventLog) => Component): void => {
    const own = logs.spooled(name);
    if (own && services.has(name)) collectors.push(create(own));
    else addService(name, create);
  };

  let inventory = configured;
  // Collectors ask the same of a router whatever its mode, and are not to wait for a log that is away.
  if (!logs.isForCollectorsOnly) {
    awaiting.push(
      main.withPatience('orders', (own) => {
        const ordered = createOrderedInventory(configured, { log: own, telemetry });
        inventory = ordered.inventory;
        return ordered.component;
      }),
    );
  }

  let storeUrl = (): string | undefined => undefined;
  let history: TelemetryStore | undefined;
  if (services.has('clickhouse-writer')) {
    const store = await openStore(config);
    history = store;
    components.push({
      name: 'telemetry-store',
      start: async () => undefined,
      stop: () => store.close(),
      stopDeadlineMs: STORE_STOP_MS,
    });
    if (config.store.kind === 'embedded') {
      await store.migrate();
      const server = createStoreHttpServer(config.store.http, { store, telemetry });
      components.push(server);
      storeUrl = () => server.url();
    }
    addService('clickhouse-writer', (own) =>
      createClickhouseWriter(config.writer, { log: own, store, clock, telemetry }),
    );
  }
  if (services.has('live-gateway')) {
    if (!history && config.store.kind === 'clickhouse') {
      const store = await openStore(config);
      history = store;
      components.push({ name: 'history', start: async () => undefined, stop: () => store.close() });
    }
    const live = { ...config.live, tokenFile: tokenFileOf(config) };
    addService('live-gateway', (own) =>
      createLiveGateway(live, { log: own, inventory, clock, telemetry, http, store: history }),
    );
  }
  components.push(http);
  const deps = (own: EventLog) => ({ log: own, inventory, clock, telemetry });
  const instance = services.has('actuator') ? instanceName(config) : '';
  addService('actuator', (own) => createActuator(config.actuator, { ...deps(own), instance }));
  addService('flow-reconciler', (own) => createFlowReconciler(config.flowReconciler, deps(own)));
  addService('wan-processor', (own) => createWanProcessor(config.wanProcessor, deps(own)));
  addService('flow-decoder', (own) => createFlowDecoder(config.flowDecoder, deps(own)));
  addCollector('netflow-collector', (own) => createNetflowCollector(config.netflow, deps(own)));
  addCollector('syslog-collector', (own) => createSyslogCollector(config.syslog, deps(own)));
  addCollector('snmp-collector', (own) => createSnmpCollector(config.snmp, deps(own)));
  addCollector('routeros-collector', (own) => createRouterosCollector(config.routeros, deps(own)));
  const inTurn = startInTurn(awaiting, {
    opened: main.opened,
    giveUp: () => main.giveUp(),
    telemetry,
    ...(config.eventLog.kind === 'kafka' && { waitMs: OTHERS_WAIT_MS }),
  });
  components.push(...inTurn.components, ...collectors);
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
  return {
    log,
    components,
    async untilLogIsOpen(deadlineMs) {
      const waiting = new AbortController();
      const late = pause(deadlineMs, waiting.signal).then(() => 'late' as const);
      const outcome = await Promise.race([main.opened, late]).finally(() => waiting.abort());
      if (outcome === 'late')
        throw new Error(`event log: ${telemetry.health().parts['event-log'] ?? 'away'}`);
    },
    failed: inTurn.failed,
    url: () => http.url(),
    storeUrl: () => storeUrl(),
  };
}

export async function openStore(config: FairleadConfig): Promise<TelemetryStore> {
  if (config.store.kind === 'clickhouse') return createClickhouseStore(config.store);
  return createChdbStore({ directory: join(config.dataDirectory, 'store') });
}
