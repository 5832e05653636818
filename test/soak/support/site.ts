import type { RouterSimOptions, SimulatedWan } from '@fairlead/router-sim';
import { ANSWER_DEADLINES_MS, WRITER_AGE_MS } from './simulated-time.ts';

/** Inventory entry of a router, as it stands in fairlead.yaml. */
export type InventoryEntry = Readonly<Record<string, unknown>>;

/** Where a simulated router listens. */
export interface RouterDoors {
  readonly apiTls: number;
  readonly snmp: number;
  readonly fingerprint256: string;
}

const USER = { name: 'fairlead', password: 'simulated' };
const COMMUNITY = 'simulated';
/** Time between two readings of the counters, ms. */
export const INTERVAL_MS = 300_000;
const API_INTERVAL_MS = 60_000;
const FLOW_ACTIVE_TIMEOUT_MS = 300_000;
const MINUTE_MS = 60_000;
/** One router in so many has an API session, and one in twice as many is armed. */
const WITH_API = 10;

const CAPACITIES = [
  { rxBps: 50e6, txBps: 20e6 },
  { rxBps: 100e6, txBps: 40e6 },
  { rxBps: 20e6, txBps: 5e6 },
  { rxBps: 200e6, txBps: 50e6 },
] as const;

const routerName = (index: number): string => `gw${index + 1}`;
const addressOf = (index: number): string => `127.1.0.${index + 1}`;
export const wansOf = (index: number): readonly SimulatedWan[] =>
  CAPACITIES.slice(0, 2 + (index % 3)).map((capacity, wan) => ({
    name: `ISP${wan + 1}`,
    interface: `ether${wan + 1}`,
    capacity,
    routingMark: `ISP${wan + 1}_Route`,
    gateway: `198.51.${100 + wan}.1`,
  }));

/** A router of two to four WANs whose load rises above the limit of the first one and falls again, all day. */
export function simulatedRouter(
  index: number,
  targets: { readonly netflowPort: number; readonly syslogPort: number },
): RouterSimOptions {
  const kind = {
    name: 'download',
    protocol: 'tcp',
    serverPort: 443,
    rxBps: 10e6,
    txBps: 4e5,
    durationMs: 180_000,
    spread: 0.5,
  } as const;
  const phase = (minutes: number, share: number) => ({
    durationMs: minutes * MINUTE_MS,
    arrivals: [
      {
        kind,
        perSecond: (share * CAPACITIES[0].rxBps) / (kind.rxBps * (kind.durationMs / 1_000)),
        pattern: 'random',
      } as const,
    ],
  });
  return {
    identity: routerName(index),
    host: addressOf(index),
    wans: wansOf(index),
    users: [{ ...USER, policies: ['read', 'write', 'api', 'test'] }],
    snmpCommunity: COMMUNITY,
    netflow: {
      host: '127.0.0.1',
      port: targets.netflowPort,
      version: 9,
      activeTimeoutMs: FLOW_ACTIVE_TIMEOUT_MS,
    },
    syslog: { host: '127.0.0.1', port: targets.syslogPort, format: index % 2 === 0 ? 'default' : 'bsd' },
    load: { phases: [phase(30 + (index % 7) * 5, 0.3), phase(40 + (index % 5) * 5, 1)] },
    seed: index + 1,
    tickMs: 8_000,
    time: 'virtual',
  };
}

export function inventoryEntry(index: number, doors: RouterDoors): InventoryEntry {
  const hasApi = index % WITH_API === 0;
  const isArmed = index % (2 * WITH_API) === 0;
  return {
    name: routerName(index),
    site: `site${1 + (index % 10)}`,
    address: addressOf(index),
    mode: isArmed ? 'armed' : 'observe',
    ...(hasApi && {
      api: {
        port: doors.apiTls,
        tls: { fingerprint: doors.fingerprint256 },
        user: USER.name,
        password: USER.password,
        intervalMs: API_INTERVAL_MS,
        probeIntervalMs: 60_000,
      },
      steering: { policy: { flipsPerHour: 12, meanMs: 300_000 } },
    }),
    snmp: {
      port: doors.snmp,
      community: COMMUNITY,
      intervalMs: INTERVAL_MS,
      timeoutMs: 60_000,
      sensorIntervalMs: 1_800_000,
    },
    wans: wansOf(index).map(({ name, interface: port, capacity, routingMark }) => ({
      name,
      interface: port,
      capacity: { rx: capacity.rxBps, tx: capacity.txBps },
      routingMark,
    })),
  };
}

/** What fairlead.yaml says beside the routers: deadlines that still are some milliseconds when a day takes minutes. */
export const pipelineSettings = {
  logLevel: 'warn',
  http: { port: 0 },
  store: { kind: 'embedded', http: { port: 0 } },
  flowDecoder: { activeTimeoutMs: FLOW_ACTIVE_TIMEOUT_MS },
  flowReconciler: { activeTimeoutMs: FLOW_ACTIVE_TIMEOUT_MS },
  routeros: {
    timeoutMs: ANSWER_DEADLINES_MS.routeros,
    statusIntervalMs: 120_000,
    stateIntervalMs: 300_000,
    snapshotIntervalMs: 300_000,
  },
  wanProcessor: { staleAfterMs: 1_200_000, catchUpAfterMs: 300_000, pendingMs: 120_000 },
  actuator: { maxDecisionAgeMs: 600_000, timeoutMs: ANSWER_DEADLINES_MS.actuator },
  writer: { maxAgeMs: WRITER_AGE_MS },
  live: { simulated: true, tickMs: 60_000 },
} as const;
