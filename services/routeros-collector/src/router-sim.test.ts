import type { EventLog, NewRecord } from '@fairlead/event-log';
import {
  decodeFrames,
  InterfaceCounters,
  inventorySchema,
  RouterState,
  systemClock,
  WanEvent,
  fixedInventory,
} from '@fairlead/model';
import { createRouterSim, type RouterSim, steadyLoad } from '@fairlead/router-sim';
import { createTelemetry } from '@fairlead/runtime';
import { until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { routerosCollectorConfigSchema } from './config.ts';
import { createRouterosCollector } from './routeros-collector.ts';

const wans = ['1', '2'].map((n) => ({
  name: `ISP${n}`,
  interface: `ether${n}`,
  routingMark: `ISP${n}_Route`,
}));

let sim: RouterSim;
let stop: () => Promise<void>;
let records: NewRecord[];
const valuesOf = (topic: { name: string }): Uint8Array[] =>
  records.filter((record) => record.topic === topic.name).map((record) => record.value);
const counters = (): InterfaceCounters[] =>
  valuesOf(topics.counters).flatMap((value) => decodeFrames(InterfaceCounters, value));
const states = (): RouterState[] =>
  valuesOf(topics.routerState).flatMap((value) => decodeFrames(RouterState, value));
const events = (): WanEvent[] => valuesOf(topics.wanEvents).flatMap((value) => decodeFrames(WanEvent, value));

beforeEach(async () => {
  sim = createRouterSim({
    identity: 'site one',
    wans: wans.map((wan, i) => ({
      ...wan,
      capacity: { rxBps: 50e6, txBps: 10e6 },
      gateway: `198.51.${100 + i}.1`,
    })),
    users: [{ name: 'viewer', password: 'p', policies: ['read', 'api'] }],
    load: steadyLoad(10e6),
    time: 'virtual',
    firstCounterValue: 2n ** 60n,
  });
  await sim.start();
  const inventory = inventorySchema.parse([
    {
      name: 'gw1',
      site: 's1',
      address: '127.0.0.1',
      api: {
        port: sim.ports.apiTls,
        tls: { fingerprint: sim.fingerprint256 },
        user: 'viewer',
        password: 'p',
        intervalMs: 250,
      },
      steering: {},
      wans: wans.map((wan) => ({ ...wan, capacity: { rx: '50M', tx: '10M' } })),
    },
  ]);
  records = [];
  const log = {
    append: async (appended: readonly NewRecord[]) => {
      records.push(...appended);
      return [];
    },
    subscribe: async () => ({ stop: async () => undefined }),
  } as unknown as EventLog;
  const collector = createRouterosCollector(
    routerosCollectorConfigSchema.parse({ backoff: { baseMs: 50, maxMs: 100 } }),
    {
      log,
      inventory: fixedInventory(inventory),
      clock: systemClock,
      telemetry: createTelemetry({ level: 'silent' }),
    },
  );
  await collector.start();
  stop = async () => {
    await collector.stop();
    await sim.stop();
  };
});
afterEach(() => stop());

describe('against the simulated router, over TLS', () => {
  it('reads the counters that the router has, to the byte', async () => {
    sim.advance(30_000);
    const truth = new Map(sim.kernel.interfaces().map((entry) => [entry.name, entry]));
    await until('both WANs', () => counters().length >= 2);
    for (const { name } of wans.map((wan) => ({ name: wan.interface }))) {
      const sample = counters().findLast((entry) => entry.interface === name);
      expect(sample).toMatchObject({
        rxBytes: truth.get(name)?.rxBytes,
        txBytes: truth.get(name)?.txBytes,
        ifIndex: truth.get(name)?.index,
        running: true,
        deviceUptimeMs: 30_000n,
      });
    }
  });

  it('reads state and steering rule, and sees a restart', async () => {
    sim.advance(30_000);
    const [state] = await until('a state', () => states().length > 0 && states());
    expect(state).toMatchObject({
      reachable: true,
      identity: 'site one',
      architecture: 'arm64',
    });
    const [rule, ...more] =
      state?.steeringRules.filter(({ comment }) => comment === 'Load-Balancing here') ?? [];
    expect(rule).toMatchObject({
      newRoutingMark: 'ISP1_Route',
      connectionMark: 'LAN->WAN',
      passthrough: true,
    });
    expect(more).toEqual([]);
    sim.reboot();
    await until('the router again', () => events().length >= 2);
    expect(events().map((event) => event.kind)).toEqual(['router-unreachable', 'router-reachable']);
    await until('its uptime', () => counters().at(-1)?.deviceUptimeMs === 0n);
  });

  it('sees a link that goes down', async () => {
    await until('samples', () => counters().length > 0);
    sim.setLink('ISP2', false);
    await until(
      'the link',
      () => counters().findLast((entry) => entry.interface === 'ether2')?.running === false,
    );
    await until(
      'the state',
      () =>
        states()
          .at(-1)
          ?.interfaces.find((entry) => entry.name === 'ether2')?.running === false,
    );
  });
});
