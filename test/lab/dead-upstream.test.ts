import { requirement, until } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askStore } from '../e2e/support/fairlead-process.ts';
import { type Browsing, startBrowsing, type Visit, WEB_PORT } from './support/browsing.ts';
import { connectionWans, portOf, runDownloads, startServers } from './support/downloads.ts';
import { labObstacle, type LabWan } from './support/lab-network.ts';
import { type LabSite, openLabSite, type RunningFairlead } from './support/lab-site.ts';
import { measured } from './support/measured.ts';

const programs = requirement(
  ...['ip', 'nft', 'tc', 'conntrack', 'ping', 'iperf3', 'snmpd', 'softflowd', 'curl', 'python3'],
);
const obstacle = programs.met ? await labObstacle() : programs.reason;

const wans: readonly LabWan[] = [
  {
    ...{ name: 'ISP1', interface: 'ether1', capacity: { rxBps: 24e6, txBps: 24e6 } },
    ...{ routingMark: 'ISP1_Route', gateway: '10.1.0.1', probeHosts: ['9.9.9.1', '8.8.8.1'] },
  },
  {
    ...{ name: 'ISP2', interface: 'ether2', capacity: { rxBps: 8e6, txBps: 8e6 } },
    ...{ routingMark: 'ISP2_Route', gateway: '10.2.0.1', probeHosts: ['9.9.9.2', '8.8.8.2'] },
  },
];

/** Nothing but the limits of health keeps it from flapping: no budget, and hardly a dwell. The limits are those it has unless set. */
const FAIL_LOSS = 0.4;
const DWELL_MS = 5_000;
const POLICY = `{ policy: { dwellMs: ${DWELL_MS}, coolDownMs: 0, flipsPerHour: 120, health: { failLoss: ${FAIL_LOSS}, recoverLoss: 0.1 } } }`;
const LOSS = 0.05;
/** Rounds of pings for which a line that loses packets is watched after the return. */
const WATCHED_ROUNDS = 10;
/** What `npm run lab` holds the first page by the other WAN to. */
const LIMIT_MS = 10_000;
/** As many rounds of pings must be bad, of the last five, unless the policy says otherwise. */
const BAD_ROUNDS = 3;
const LONG = { everyMs: 100 };

describe('a site of real packets whose first WAN has a dead upstream behind a live gateway', () => {
  let site: LabSite | undefined;
  let fairlead: RunningFairlead | undefined;
  let browsing: Browsing | undefined;
  /** Ports of a download that began on the second WAN. */
  let liveKey = '';

  beforeAll(async () => {
    if (obstacle !== undefined) return;
    site = await openLabSite(wans, { configuration: '' });
    await site.apply('balance');
    fairlead = await site.startFairlead(POLICY);
    browsing = await startBrowsing(site.network);
  });

  afterAll(async () => {
    browsing?.stop();
    await site?.close();
  });

  const stored = <Row>(sql: string): Promise<Row[]> => askStore<Row>(fairlead?.storeUrl ?? '', sql);

  /** Where the decisions so far went to, once there are that many. */
  const decisions = (count: number): Promise<readonly string[]> =>
    until(`${count} decisions are stored`, async () => {
      const rows = await stored<{ to_wan: string }>('SELECT to_wan FROM decisions ORDER BY time');
      return rows.length >= count ? rows.map((row) => row.to_wan) : undefined;
    });

  /** The first visit that began later and was on this WAN as a whole, by connection tracking of the router. */
  async function firstWhole(wan: string, sinceMs: number): Promise<Visit | undefined> {
    const { network } = site as LabSite;
    const whole = (browsing?.visits ?? []).filter(
      ({ startedMs, isWhole }) => isWhole && startedMs >= sinceMs,
    );
    if (whole.length === 0) return undefined;
    const connections = await connectionWans(network, wans);
    const wanOf = new Map(connections.map((connection) => [connection.key, connection.wan]));
    return whole.find(({ clientPort }) => wanOf.get(`${clientPort} ${WEB_PORT}`) === wan);
  }

  async function loseUpstream(): Promise<number> {
    await site?.network.setBlackHole('ISP1', true);
    return Date.now();
  }

  it('has new connections on the second one after three bad rounds of pings, and all of them', async (ctx) => {
    if (!site || !browsing) return ctx.skip(obstacle);
    const { network } = site;
    await until(
      'pings through both WANs were answered',
      async () => {
        const [row] = await stored<{ wans: string }>(
          'SELECT uniqExact(interface) AS wans FROM counters WHERE probes_answered > 0',
        );
        return Number(row?.wans) === wans.length;
      },
      LONG,
    );
    await until('a page by the first WAN', () => firstWhole('ISP1', 0), LONG);
    expect(await firstWhole('ISP2', 0)).toBeUndefined();

    const deadMs = await loseUpstream();
    await network.router.run('ping', '-n', '-c', '1', '-W', '2', '10.1.0.1');
    const relieved = await until('a page by the second WAN', () => firstWhole('ISP2', deadMs), LONG);
    const afterMs = relieved.endedMs - deadMs;
    measured({
      ...{ name: 'upstream dead to the first page by the other WAN', value: afterMs, unit: 'ms' },
      ...{ peer: 'limit', peerValue: LIMIT_MS },
    });

    startServers(network, 1);
    await until('a server for a long download', () =>
      network.internet.run('ss', '-Hltn', `sport = :${portOf(0)}`).then((listed) => listed !== ''),
    );
    void runDownloads(network, [{ atMs: 0, bps: 1e6, seconds: 600 }]).catch(() => undefined);
    const { visits } = browsing;
    const later = (): readonly Visit[] => visits.filter(({ startedMs }) => startedMs > relieved.endedMs);
    await until('eight pages more', () => later().length >= 8, LONG);
    const pages = later();
    expect(pages.filter(({ isWhole }) => !isWhole)).toEqual([]);
    const connections = await connectionWans(network, wans);
    const ports = new Set(pages.map(({ clientPort }) => `${clientPort} ${WEB_PORT}`));
    const used = connections.filter(({ key }) => ports.has(key)).map(({ wan }) => wan);
    expect(used.length).toBe(pages.length);
    expect(new Set(used)).toEqual(new Set(['ISP2']));
    const live = connections.filter(({ download }) => download === 0);
    expect(live.map(({ wan }) => wan)).toContain('ISP2');
    liveKey = live[0]?.key ?? '';
    expect(await decisions(1)).toEqual(['ISP2']);
    const [bad] = await stored<{ rounds: string }>(
      `SELECT count() AS rounds FROM counters WHERE interface = 'ether1' AND probes_sent > 0
         AND 1 - probes_answered / probes_sent >= ${FAIL_LOSS}
         AND time BETWEEN fromUnixTimestamp64Milli(${deadMs}) AND (SELECT min(time) FROM decisions)`,
    );
    expect(Number(bad?.rounds)).toBe(BAD_ROUNDS);
  });

  it('comes back once, and leaves what is live where it is', async (ctx) => {
    if (!site) return ctx.skip(obstacle);
    await site.network.setBlackHole('ISP1', false);
    const healedMs = Date.now();
    const back = await until('a page by the first WAN', () => firstWhole('ISP1', healedMs), LONG);
    measured({
      ...{ name: 'upstream healed to the first page by it', value: back.endedMs - healedMs, unit: 'ms' },
      ...{ peer: 'time between two changes', peerValue: DWELL_MS },
    });
    const live = (await connectionWans(site.network, wans)).find(({ key }) => key === liveKey);
    expect(live?.wan).toBe('ISP2');
    expect(await decisions(2)).toEqual(['ISP2', 'ISP1']);
  });

  it('comes back once and stays while 5 % of the packets are lost each way', async (ctx) => {
    if (!site) return ctx.skip(obstacle);
    const { network } = site;
    const deadMs = await loseUpstream();
    await until('a page by the second WAN', () => firstWhole('ISP2', deadMs), LONG);
    await network.setLoss('ISP1', LOSS);
    const lossyMs = Date.now();
    const back = await until('a page by the first WAN', () => firstWhole('ISP1', lossyMs), LONG);
    const round = await until(
      'rounds of pings after the return',
      async () => {
        const [row] = await stored<{ rounds: string; lost: number; worst: number }>(
          `SELECT count() AS rounds, avg(1 - probes_answered / probes_sent) AS lost,
             max(1 - probes_answered / probes_sent) AS worst FROM counters
           WHERE interface = 'ether1' AND probes_sent > 0 AND time > fromUnixTimestamp64Milli(${back.endedMs})`,
        );
        return Number(row?.rounds) >= WATCHED_ROUNDS ? row : undefined;
      },
      LONG,
    );
    const lost = await network.lostPackets('ISP1');
    measured({
      ...{ name: 'healed with 5 % loss each way to the first page by it', value: back.endedMs - lossyMs },
      ...{ unit: 'ms', peer: 'time between two changes', peerValue: DWELL_MS },
    });
    measured({
      ...{ name: 'worst round of pings after the return', value: round.worst, unit: 'of them lost' },
      ...{ peer: 'limit of failure', peerValue: FAIL_LOSS },
    });
    expect(lost).toBeGreaterThan(10);
    const all = await decisions(4);
    measured({ name: 'changes of the mark', value: all.length, unit: '', peer: 'needed', peerValue: 4 });
    expect(all).toEqual(['ISP2', 'ISP1', 'ISP2', 'ISP1']);
  });
});
