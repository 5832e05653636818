import {
  createHttpServer,
  createTelemetry,
  type HttpServer,
  type HttpServerConfig,
  type Telemetry,
} from '@fairlead/runtime';
import type { EventLog } from '@fairlead/event-log';
import {
  type Actuation,
  type Clock,
  encodeFrames,
  type Inventory,
  type InventorySource,
  inventorySchema,
  Mode,
  Outcome,
  RateClock,
  Severity,
  systemClock,
  type WanEvent,
  type WanUtilisation,
  fixedInventory,
} from '@fairlead/model';
import { topics, type RecordOf, type TopicName } from '@fairlead/topics';
import { liveGatewayConfigSchema } from '../config.ts';
import { createLiveGateway } from '../live-gateway.ts';
import type { HistoryStore } from '../read-store.ts';

/** A site whose first WAN has 50/10 Mbit/s and each other 20/5. */
export function siteInventory({ intervalMs = 1_000, wans = 2 } = {}): Inventory {
  return inventorySchema.parse([
    {
      name: 'gw1',
      site: 'kirnak',
      address: '192.0.2.1',
      api: { user: 'u', password: 'p', intervalMs },
      wans: Array.from({ length: wans }, (_, i) => ({
        name: `ISP${i + 1}`,
        interface: `ether${i + 1}`,
        capacity: i === 0 ? { rx: '50M', tx: '10M' } : { rx: '20M', tx: '5M' },
        routingMark: `ISP${i + 1}_Route`,
      })),
      steering: {},
    },
  ]);
}

const sourceOf = (inventory: Inventory | InventorySource): InventorySource =>
  'current' in inventory ? inventory : fixedInventory(inventory);

/** A gateway on a free port of loopback with what it stands on. */
export interface RunningGateway {
  readonly url: string;
  readonly http: HttpServer;
  readonly telemetry: Telemetry;
  stop(): Promise<void>;
}

export async function runGateway(
  log: EventLog,
  options: {
    readonly config?: Record<string, unknown>;
    readonly inventory?: Inventory | InventorySource;
    readonly clock?: Clock;
    readonly port?: number;
    readonly httpConfig?: Partial<HttpServerConfig>;
    readonly store?: HistoryStore;
  } = {},
): Promise<RunningGateway> {
  const telemetry = createTelemetry({ level: 'silent' });
  const http = createHttpServer({ port: options.port ?? 0, ...options.httpConfig }, telemetry);
  const gateway = createLiveGateway(liveGatewayConfigSchema.parse({ flushMs: 10, ...options.config }), {
    log,
    inventory: sourceOf(options.inventory ?? siteInventory()),
    clock: options.clock ?? systemClock,
    telemetry,
    http,
    store: options.store,
  });
  await gateway.start();
  await http.start();
  return {
    url: http.url(),
    http,
    telemetry,
    async stop() {
      await gateway.stop();
      await http.stop();
    },
  };
}

/** Appends records of one router as one value. */
export async function appendRecords<K extends TopicName>(
  log: EventLog,
  name: K,
  records: readonly RecordOf<K>[],
): Promise<void> {
  const topic = topics[name];
  // The codec of a topic is that of its records; the compiler cannot see it through the index.
  const value = encodeFrames(topic.codec as Parameters<typeof encodeFrames<RecordOf<K>>>[0], records);
  await log.append([{ topic: topic.name, key: 'gw1', value }]);
}

export const utilisation = (
  wan: string,
  timeMs: number,
  change: Partial<WanUtilisation> = {},
): WanUtilisation => ({
  timeMs,
  site: 'kirnak',
  router: 'gw1',
  wan,
  interface: wan.replace('ISP', 'ether'),
  rxBps: 10e6,
  txBps: 1e6,
  rxUtil: 0.2,
  txUtil: 0.1,
  intervalMs: 1_000,
  clock: RateClock.DEVICE,
  active: wan === 'ISP1',
  running: true,
  ...change,
});

export const wanEvent = (kind: string, timeMs: number, change: Partial<WanEvent> = {}): WanEvent => ({
  id: `gw1/ISP1/${kind}/${timeMs}`,
  timeMs,
  site: 'kirnak',
  router: 'gw1',
  wan: 'ISP1',
  kind,
  severity: Severity.WARNING,
  message: `${kind} happened`,
  ...change,
});

export const actuation = (timeMs: number, change: Partial<Actuation> = {}): Actuation => ({
  id: `gw1/${timeMs - 20}/${timeMs}`,
  decisionId: `gw1/${timeMs - 20}`,
  timeMs,
  site: 'kirnak',
  router: 'gw1',
  mode: Mode.ARMED,
  outcome: Outcome.CONFIRMED,
  rule: 'Load-Balancing here',
  beforeMark: 'ISP1_Route',
  afterMark: 'ISP2_Route',
  wantedMark: 'ISP2_Route',
  reason: 'ISP1 at 86 % for 3 of 5 samples',
  latencyMs: 12.4,
  connectionMark: '',
  ...change,
});
