import { actuatorConfigSchema, createActuator } from '@fairlead/actuator';
import { createEmbeddedLog } from '@fairlead/event-log';
import {
  Actuation,
  Decision,
  decodeFrames,
  fixedInventory,
  InterfaceCounters,
  inventorySchema,
  Outcome,
  systemClock,
} from '@fairlead/model';
import { createRouterSim, idleLoad, noLoad } from '@fairlead/router-sim';
import { createRouterosCollector, routerosCollectorConfigSchema } from '@fairlead/routeros-collector';
import { createTelemetry } from '@fairlead/runtime';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { createWanProcessor, wanProcessorConfigSchema } from '@fairlead/wan-processor';
import { expect, it } from 'vitest';

const LONG = { timeoutMs: 60_000 };
const SOME = 60;

it('leaves a WAN with a dead upstream behind a live gateway, frees what is bound to it, and comes back once while one ping in twenty is lost', async () => {
  const wans = ['1', '2'].map((n, i) => ({
    ...{ name: `ISP${n}`, interface: `ether${n}`, routingMark: `ISP${n}_Route` },
    ...{ gateway: `198.51.${100 + i}.1`, probeHosts: [`9.9.9.${n}`, `8.8.8.${n}`] },
  }));
  const sim = createRouterSim({
    wans: wans.map(({ probeHosts: _, ...wan }) => ({ ...wan, capacity: { rxBps: 50e6, txBps: 10e6 } })),
    users: [{ name: 'lbctl', password: 'p', policies: ['read', 'write', 'api', 'test'] }],
    ...{ load: noLoad, time: 'real' },
  });
  await sim.start();
  for (const { gateway, probeHosts } of wans) {
    for (const host of probeHosts) {
      const route = { 'dst-address': `${host}/32`, gateway, 'routing-table': 'main', scope: '10' };
      sim.config.route.add({ ...route, distance: '1' });
    }
  }
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  const inventory = inventorySchema.parse([
    {
      ...{ name: 'gw1', site: 's1', address: '127.0.0.1', mode: 'armed' },
      api: {
        ...{ port: sim.ports.api, tls: false, user: 'lbctl', password: 'p' },
        ...{ intervalMs: 500, probeIntervalMs: 1_000 },
      },
      steering: {
        policy: { kind: 'failover', dwellMs: 1_000, coolDownMs: 0, flipsPerHour: 120 },
        connectionRemoval: { perSecond: 50 },
      },
      wans: wans.map((wan) => ({
        ...{ ...wan, connectionMark: `Sticky_${wan.name}`, capacity: { rx: '50M', tx: '10M' } },
      })),
    },
  ]);
  const deps = {
    ...{ log, inventory: fixedInventory(inventory), clock: systemClock },
    telemetry: createTelemetry({ level: 'silent' }),
  };
  const components = [
    createActuator(actuatorConfigSchema.parse({}), { ...deps, instance: 'fairlead-1' }),
    createWanProcessor(wanProcessorConfigSchema.parse({}), deps),
    createRouterosCollector(routerosCollectorConfigSchema.parse({}), deps),
  ];
  await log.ensureTopics(Object.values(topics));
  const rounds: InterfaceCounters[] = [];
  const decisions: Decision[] = [];
  const removals: Actuation[] = [];
  const following = await log.subscribe({
    topics: [topics.counters.name, topics.decisions.name, topics.actuations.name],
    startAt: 'earliest',
    async onBatch({ topic, records }) {
      for (const { value } of records) {
        if (topic === topics.decisions.name) decisions.push(...decodeFrames(Decision, value));
        else if (topic === topics.actuations.name)
          removals.push(...decodeFrames(Actuation, value).filter((entry) => entry.connectionMark !== ''));
        else rounds.push(...decodeFrames(InterfaceCounters, value).filter(({ probesSent }) => probesSent));
      }
    },
    onError: (error) => {
      throw error;
    },
  });
  const mark = (): string | undefined =>
    sim.config.mangle.items().find(({ properties }) => properties['comment'] === 'Load-Balancing here')
      ?.properties['new-routing-mark'];
  const bound = (wan: string): number =>
    [...sim.kernel.connections()].filter(({ connectionMark }) => connectionMark === `Sticky_${wan}`).length;
  try {
    for (const component of components) await component.start();
    await until(
      'pings through both WANs',
      () => new Set(rounds.map((round) => round.interface)).size === 2,
      LONG,
    );
    sim.setLoad(idleLoad(SOME));
    await until('connections by the first WAN', () => bound('ISP1') >= SOME, LONG);
    sim.setLoad(noLoad);
    const opened = bound('ISP1');
    sim.setUpstream('ISP1', false);
    await until('the mark on the good WAN', () => mark() === 'ISP2_Route', LONG);
    const [away] = decisions;
    expect(away).toMatchObject({
      fromWan: 'ISP1',
      toWan: 'ISP2',
      emergency: true,
      reason: 'to ISP2: ISP1 is down',
    });
    // Three rounds of five that failed are enough; the one that it died in may be half good.
    const lostBefore = rounds.filter(
      ({ interface: name, timeMs, probesAnswered }) =>
        name === 'ether1' && timeMs <= (away?.timeMs ?? 0) && probesAnswered !== 3,
    );
    expect(lostBefore.length).toBeGreaterThanOrEqual(3);
    expect(lostBefore.length).toBeLessThanOrEqual(4);

    // What is bound to it would hang.
    await until('the end of what was bound to the dead one', () => removals.length > 0, LONG);
    expect(removals).toMatchObject([
      {
        ...{ outcome: Outcome.CONFIRMED, connectionMark: 'Sticky_ISP1', removed: opened, leftOver: 0 },
        decisionId: expect.stringMatching(/^gw1\/ISP1\/upstream-down\//) as string,
      },
    ]);
    expect(bound('ISP1')).toBe(0);

    let seed = 11;
    sim.faults.losePing = () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed / 2 ** 32 < 0.05;
    };
    sim.setUpstream('ISP1', true);
    await until('the mark back', () => mark() === 'ISP1_Route', LONG);
    const [, , ...more] = decisions;
    expect(more).toEqual([]);
  } finally {
    for (const component of components.toReversed()) await component.stop();
    await following.stop();
    await log.close();
    await sim.stop();
    folder.remove();
  }
});
