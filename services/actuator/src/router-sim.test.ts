import type { EventLog, NewRecord, SubscribeOptions } from '@fairlead/event-log';
import {
  Actuation,
  Decision,
  decodeFrames,
  encodeFrames,
  inventorySchema,
  Outcome,
  systemClock,
  fixedInventory,
} from '@fairlead/model';
import { createRouterSim, noLoad, type RouterSim } from '@fairlead/router-sim';
import { createTelemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createActuator } from './actuator.ts';
import { actuatorConfigSchema } from './config.ts';

const SET = '/ip/firewall/mangle/set';
const wans = ['1', '2'].map((n) => ({
  name: `ISP${n}`,
  interface: `ether${n}`,
  routingMark: `ISP${n}_Route`,
}));

let sim: RouterSim;
let stop: () => Promise<void>;
let flip: (fromWan: string, toWan: string) => Promise<Actuation | undefined>;

beforeEach(async () => {
  sim = createRouterSim({
    wans: wans.map((wan, i) => ({
      ...wan,
      capacity: { rxBps: 50e6, txBps: 10e6 },
      gateway: `198.51.${100 + i}.1`,
    })),
    users: [{ name: 'lbctl', password: 'p', policies: ['read', 'write', 'api'] }],
    load: noLoad,
    time: 'virtual',
  });
  await sim.start();
  const tls = { fingerprint: sim.fingerprint256 };
  const inventory = inventorySchema.parse([
    {
      name: 'gw1',
      site: 's1',
      address: '127.0.0.1',
      mode: 'armed',
      api: { port: sim.ports.apiTls, tls, user: 'lbctl', password: 'p' },
      steering: {},
      wans: wans.map((wan) => ({ ...wan, capacity: { rx: '50M', tx: '10M' } })),
    },
  ]);
  let options: SubscribeOptions | undefined;
  const log = {
    subscribe: async (given: SubscribeOptions) => {
      options = given;
      return { stop: async () => undefined };
    },
  } as unknown as EventLog;
  const actuator = createActuator(actuatorConfigSchema.parse({ timeoutMs: 1_000 }), {
    log,
    inventory: fixedInventory(inventory),
    clock: systemClock,
    telemetry: createTelemetry({ level: 'silent' }),
  });
  await actuator.start();
  stop = async () => {
    await actuator.stop();
    await sim.stop();
  };
  flip = async (fromWan, toWan) => {
    const timeMs = Date.now();
    const decision: Decision = {
      id: `gw1/${timeMs}`,
      timeMs,
      site: 's1',
      router: 'gw1',
      policy: 'spill',
      fromWan,
      toWan,
      fromMark: `${fromWan}_Route`,
      toMark: `${toWan}_Route`,
      reason: '',
      wans: [],
      fromWeights: [],
      toWeights: [],
      emergency: false,
    };
    const topic = topics.decisions.name;
    const value = encodeFrames(Decision, [decision]);
    const record = { topic, partition: 0, offset: 0, key: 'gw1', value, timestampMs: timeMs };
    const output: readonly NewRecord[] =
      (await options?.onBatch({ topic, partition: 0, records: [record] })) ?? [];
    return output.flatMap((entry) =>
      entry.topic === topics.actuations.name ? decodeFrames(Actuation, entry.value) : [],
    )[0];
  };
});
afterEach(() => stop());

const markOfRule = (): string | undefined =>
  sim.config.mangle.items().find(({ properties }) => properties['comment'] === 'Load-Balancing here')
    ?.properties['new-routing-mark'];
const writes = (): number => sim.received.filter(({ words }) => words[0] === SET).length;

describe('against the simulated router, over TLS', () => {
  it('flips there and back', async () => {
    expect(await flip('ISP1', 'ISP2')).toMatchObject({
      outcome: Outcome.CONFIRMED,
      beforeMark: 'ISP1_Route',
      afterMark: 'ISP2_Route',
    });
    expect(markOfRule()).toBe('ISP2_Route');
    expect(await flip('ISP2', 'ISP1')).toMatchObject({ outcome: Outcome.CONFIRMED, afterMark: 'ISP1_Route' });
    expect(new Set(sim.received.map(({ session }) => session))).toEqual(new Set([1]));
  });

  it('does not flip to a WAN that is down', async () => {
    sim.setLink('ISP2', false);
    expect(await flip('ISP1', 'ISP2')).toMatchObject({ outcome: Outcome.REFUSED });
    expect([markOfRule(), writes()]).toEqual(['ISP1_Route', 0]);
  });

  it.each(['missing', 'doubled'] as const)('does not write when the rule is %s', async (steeringRule) => {
    sim.faults.steeringRule = steeringRule;
    expect(await flip('ISP1', 'ISP2')).toMatchObject({ outcome: Outcome.REFUSED });
    expect(writes()).toBe(0);
  });

  it.each(['closeMidReply', 'noReply'] as const)(
    'reads what became of a change whose reply is lost: %s',
    async (fault) => {
      sim.faults.appliesTo = (command) => command === SET;
      sim.faults[fault] = true;
      expect(await flip('ISP1', 'ISP2')).toMatchObject({
        outcome: Outcome.CONFIRMED,
        afterMark: 'ISP2_Route',
      });
      expect([markOfRule(), writes()]).toEqual(['ISP2_Route', 1]);
    },
  );

  it('says that a change failed when the router ended the session instead', async () => {
    sim.faults.appliesTo = (command) => command === SET;
    sim.faults.fatal = 'out of memory';
    expect(await flip('ISP1', 'ISP2')).toMatchObject({ outcome: Outcome.FAILED, afterMark: 'ISP1_Route' });
    expect(markOfRule()).toBe('ISP1_Route');
  });
});
