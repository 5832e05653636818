import { actuatorConfigSchema, createActuator } from '@fairlead/actuator';
import {
  dualStackConfiguration,
  ipv6RuleOf,
  markOf,
  openSteeredRouter,
  simulatedWans,
} from '@fairlead/actuator/testing';
import { createEmbeddedLog } from '@fairlead/event-log';
import { Actuation, decodeFrames, fixedInventory, Outcome, systemClock } from '@fairlead/model';
import { steadyLoad } from '@fairlead/router-sim';
import { createRouterosCollector, routerosCollectorConfigSchema } from '@fairlead/routeros-collector';
import { createTelemetry } from '@fairlead/runtime';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { createWanProcessor, wanProcessorConfigSchema } from '@fairlead/wan-processor';
import { expect, it } from 'vitest';

it('moves new connections of IPv6 with those of IPv4 off a WAN that is full', async () => {
  const { sim, inventory } = await openSteeredRouter(
    { samples: { breached: 2, of: 2 }, dwellMs: 1_000, coolDownMs: 0 },
    { configuration: dualStackConfiguration(simulatedWans), time: 'real', load: steadyLoad(45e6) },
    simulatedWans,
    { translation: 'masquerade' },
  );
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  const deps = {
    ...{ log, inventory: fixedInventory(inventory), clock: systemClock },
    telemetry: createTelemetry({ level: 'silent' }),
  };
  const components = [
    createActuator(actuatorConfigSchema.parse({ maxDecisionAgeMs: 60_000 }), {
      ...deps,
      instance: 'fairlead-1',
    }),
    createWanProcessor(wanProcessorConfigSchema.parse({}), deps),
    createRouterosCollector(routerosCollectorConfigSchema.parse({ stateIntervalMs: 1_000 }), deps),
  ];
  await log.ensureTopics(Object.values(topics));
  const actuations: Actuation[] = [];
  const following = await log.subscribe({
    topics: [topics.actuations.name],
    startAt: 'earliest',
    async onBatch({ records }) {
      for (const { value } of records) actuations.push(...decodeFrames(Actuation, value));
    },
    onError: (error) => {
      throw error;
    },
  });
  try {
    expect([markOf(sim), ipv6RuleOf(sim)?.mark]).toEqual(['ISP1_Route', 'ISP1_Route']);
    for (const component of components) await component.start();
    await until('a change', () => actuations.length > 0, { timeoutMs: 60_000 });
    expect(actuations[0]).toMatchObject({
      ...{ outcome: Outcome.CONFIRMED, beforeMark: 'ISP1_Route', afterMark: 'ISP2_Route', reason: '' },
      ...{ ipv6BeforeMark: 'ISP1_Route', ipv6AfterMark: 'ISP2_Route' },
    });
  } finally {
    for (const component of components.toReversed()) await component.stop();
    await following.stop();
    await log.close();
    await sim.stop();
    folder.remove();
  }
}, 120_000);
