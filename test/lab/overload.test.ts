import { requirement, until } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askStore } from '../e2e/support/fairlead-process.ts';
import {
  connectionWans,
  type Download,
  type LabConnection,
  portOf,
  runDownloads,
  startServers,
} from './support/downloads.ts';
import { watchConnections } from './support/connection-watch.ts';
import { labObstacle } from './support/lab-network.ts';
import { measured } from './support/measured.ts';
import { type LabSite, openLabSite, type RunningFairlead } from './support/lab-site.ts';

const programs = requirement('ip', 'nft', 'tc', 'conntrack', 'iperf3', 'snmpd', 'softflowd');
const obstacle = programs.met ? await labObstacle() : programs.reason;

const wans = [
  {
    name: 'ISP1',
    interface: 'ether1',
    capacity: { rxBps: 24e6, txBps: 24e6 },
    routingMark: 'ISP1_Route',
    gateway: '10.1.0.1',
  },
  {
    name: 'ISP2',
    interface: 'ether2',
    capacity: { rxBps: 8e6, txBps: 8e6 },
    routingMark: 'ISP2_Route',
    gateway: '10.2.0.1',
  },
] as const;

/** Eight downloads one after the other; two that fill the first WAN beyond its limit; when the mark has changed, three more. */
const CROSSING = 8;
const LATE = 10;
const startsMs = [0, 1, 2, 3, 4, 5, 6, 7, 9, 9, 14, 15, 16].map((second) => second * 1_000);
const END_SECONDS = 22;
const downloads: readonly Download[] = startsMs.map((atMs, index) => ({
  atMs,
  bps: index === CROSSING || index === CROSSING + 1 ? 2.8e6 : 2e6,
  seconds: END_SECONDS - atMs / 1_000,
}));
const WANTED_BYTES = downloads.reduce((sum, { bps, seconds }) => sum + (bps * seconds) / 8, 0);

const LEAVE_ABOVE = 0.8;
const SAMPLES = { breached: 2, of: 3 };
const POLICY = `{ policy: { leaveAbove: ${LEAVE_ABOVE}, samples: { breached: ${SAMPLES.breached}, of: ${SAMPLES.of} }, dwellMs: 60000, meanMs: 5000 } }`;
/** What `npm run lab` holds the change to, once the first WAN is above its limit. */
const LIMIT_MS = 3_000;

/** The rules of a router that spreads connections evenly, and does nothing else. */
const STATIC_PCC = `/routing table
add name=ISP1_Route fib
add name=ISP2_Route fib
/ip route
add dst-address=0.0.0.0/0 gateway=10.1.0.1 routing-table=main distance=1
add dst-address=0.0.0.0/0 gateway=10.1.0.1 routing-table=ISP1_Route distance=1
add dst-address=0.0.0.0/0 gateway=10.2.0.1 routing-table=ISP2_Route distance=1
/ip firewall mangle
add chain=prerouting action=accept src-address-list=Connected dst-address-list=Connected
${[1, 2]
  .map(
    (n) =>
      `add chain=prerouting action=mark-connection new-connection-mark=ISP${n} passthrough=yes src-address-list=LAN connection-mark=no-mark per-connection-classifier=both-addresses-and-ports:2/${n - 1}
add chain=prerouting action=mark-routing new-routing-mark=ISP${n}_Route passthrough=yes src-address-list=LAN connection-mark=ISP${n}`,
  )
  .join('\n')}
`;

interface Run {
  readonly receivedBytes: readonly number[];
  /** When the connection that brings the first WAN above its limit was opened. */
  readonly crossedMs: number;
  /** Before the first WAN crosses its limit, and shortly before the end. */
  readonly before: readonly LabConnection[];
  readonly after: readonly LabConnection[];
}

describe('a site of real packets whose first WAN fills up', () => {
  let site: LabSite | undefined;
  let fairlead: RunningFairlead | undefined;
  let steered: Run | undefined;

  beforeAll(async () => {
    if (obstacle !== undefined) return;
    site = await openLabSite(wans);
    fairlead = await site.startFairlead(POLICY);
    const { storeUrl } = fairlead;
    await until('both WANs have utilisation', async () => {
      const [row] = await askStore<{ wans: string }>(
        storeUrl,
        'SELECT uniqExact(wan) AS wans FROM wan_utilisation',
      );
      return Number(row?.wans) === wans.length;
    });
    steered = await load(site);
  });

  afterAll(() => site?.close());

  it('has its new connections on the second one after as many samples as the policy asks, and nothing else changes', async (ctx) => {
    if (!steered || !fairlead) return ctx.skip(obstacle);
    const { storeUrl } = fairlead;
    const actuations = await until('the actuation is stored', async () => {
      const rows = await askStore<{ at: string; outcome: string; mark: string }>(
        storeUrl,
        'SELECT toUnixTimestamp64Milli(time) AS at, outcome, after_mark AS mark FROM actuations ORDER BY time',
      );
      return rows.length > 0 ? rows : undefined;
    });
    expect(actuations).toMatchObject([{ outcome: 'confirmed', mark: 'ISP2_Route' }]);
    const afterMs = Number(actuations[0]?.at) - steered.crossedMs;
    measured({
      name: 'overload to mark confirmed',
      value: Math.round(afterMs),
      unit: 'ms',
      peer: 'limit',
      peerValue: LIMIT_MS,
    });
    expect(afterMs).toBeGreaterThan(0);
    const loads = await until('the samples up to the decision are stored', async () => {
      const rows = await askStore<{ load: number; isDecided: number }>(
        storeUrl,
        `SELECT rx_util AS load, time >= (SELECT min(time) FROM decisions) AS isDecided FROM wan_utilisation
         WHERE wan = 'ISP1' AND time > fromUnixTimestamp64Milli(${Math.round(steered?.crossedMs ?? 0)}) ORDER BY time`,
      );
      const decidedAt = rows.findIndex(({ isDecided }) => isDecided === 1);
      return decidedAt < 0 ? undefined : rows.slice(0, decidedAt + 1).map(({ load }) => load);
    });
    const crossedAt = loads.findIndex((load) => load > LEAVE_ABOVE);
    expect(crossedAt).toBeGreaterThanOrEqual(0);
    expect(loads.length - crossedAt).toBeGreaterThanOrEqual(SAMPLES.breached);
    expect(loads.length - crossedAt).toBeLessThanOrEqual(SAMPLES.of);
    const late = steered.after.filter(({ download }) => download >= LATE);
    expect(new Set(late.map(({ download }) => download)).size).toBe(downloads.length - LATE);
    expect(new Set(late.map(({ wan }) => wan))).toEqual(new Set(['ISP2']));
  });

  it('keeps live connections where they are', (ctx) => {
    if (!steered) return ctx.skip(obstacle);
    const { before, after } = steered;
    expect(before.length).toBeGreaterThanOrEqual(2 * CROSSING);
    const wanLater = new Map(after.map(({ key, wan }) => [key, wan]));
    expect(before.map(({ key }) => [key, wanLater.get(key)])).toEqual(before.map(({ key }) => [key, 'ISP1']));
  });

  it('stores the same counters from Net-SNMP as from the API, and the flows of softflowd by WAN', async (ctx) => {
    if (!fairlead) return ctx.skip(obstacle);
    const { storeUrl } = fairlead;
    const sources = await until('Net-SNMP tells what the API told', async () => {
      const rows = await askStore<{ interface: string; source: string; rx: string }>(
        storeUrl,
        `SELECT interface, source, max(rx_bytes) AS rx FROM counters
         WHERE interface IN ('ether1', 'ether2') GROUP BY interface, source ORDER BY interface, source`,
      );
      const bytes = rows.map(({ rx }) => Number(rx));
      const areClose = (a = 0, b = 0): boolean => Math.abs(a - b) < 0.01 * a;
      return areClose(bytes[0], bytes[1]) && areClose(bytes[2], bytes[3]) ? rows : undefined;
    });
    expect(sources.map((row) => [row.interface, row.source])).toEqual([
      ['ether1', 'routeros-api'],
      ['ether1', 'snmp'],
      ['ether2', 'routeros-api'],
      ['ether2', 'snmp'],
    ]);
    await until('the flows of both WANs are stored', async () => {
      const rows = await askStore<{ wan: string; bytes: string }>(
        storeUrl,
        `SELECT wan, sum(bytes) AS bytes FROM flows
         WHERE src_port BETWEEN 5301 AND 5313 AND direction = 'in' GROUP BY wan`,
      );
      const flowBytes = rows.reduce((sum, { bytes }) => sum + Number(bytes), 0);
      return rows.length === wans.length && flowBytes > 0.95 * WANTED_BYTES;
    });
  });

  it('carries more than the same site with static PCC', async (ctx) => {
    if (!steered || !site) return ctx.skip(obstacle);
    const ours = bytesOf(steered);
    await site.close();
    site = await openLabSite(wans, { configuration: STATIC_PCC });
    const theirs = bytesOf(await load(site));
    measured({ name: 'carried', value: ours, unit: 'bytes', peer: 'static PCC', peerValue: theirs });
    measured({ name: 'carried', value: ours, unit: 'bytes', peer: 'wanted', peerValue: WANTED_BYTES });
    expect(ours).toBeGreaterThan(0.95 * WANTED_BYTES);
    expect(ours).toBeGreaterThan(theirs);
  });
});

const bytesOf = ({ receivedBytes }: Run): number => receivedBytes.reduce((sum, bytes) => sum + bytes, 0);

async function load({ network }: LabSite): Promise<Run> {
  startServers(network, downloads.length);
  const { lastOpenedMs } = await watchConnections(network);
  const running = runDownloads(network, downloads);
  const look = async (atMs: number): Promise<readonly LabConnection[]> => {
    await new Promise((resolve) => setTimeout(resolve, atMs));
    return connectionWans(network, wans);
  };
  const [before, after] = await Promise.all([look(8_500), look((END_SECONDS - 1) * 1_000)]);
  const receivedBytes = await running;
  const crossedMs = Math.max(lastOpenedMs(portOf(CROSSING)), lastOpenedMs(portOf(CROSSING + 1)));
  return { receivedBytes, crossedMs, before, after };
}
