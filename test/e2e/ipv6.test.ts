import {
  dualStackConfiguration,
  ipv6RuleOf,
  markOf,
  openSteeredRouter,
  simulatedWans,
} from '@fairlead/actuator/testing';
import { Outcome } from '@fairlead/model';
import { steadyLoad } from '@fairlead/router-sim';
import { until } from '@fairlead/testkit';
import { expect, it } from 'vitest';
import { openSteeringLoop } from './support/steering-loop.ts';

it('moves new connections of IPv6 with those of IPv4 off a WAN that is full', async () => {
  const { sim, inventory } = await openSteeredRouter(
    { samples: { breached: 2, of: 2 }, dwellMs: 1_000, coolDownMs: 0 },
    { configuration: dualStackConfiguration(simulatedWans), time: 'real', load: steadyLoad(45e6) },
    simulatedWans,
    { translation: 'masquerade' },
  );
  const loop = await openSteeringLoop(inventory, { stateIntervalMs: 1_000 });
  const { actuations } = loop;
  try {
    expect([markOf(sim), ipv6RuleOf(sim)?.mark]).toEqual(['ISP1_Route', 'ISP1_Route']);
    await loop.start();
    await until('a change', () => actuations.length > 0);
    expect(actuations[0]).toMatchObject({
      ...{ outcome: Outcome.CONFIRMED, beforeMark: 'ISP1_Route', afterMark: 'ISP2_Route', reason: '' },
      ...{ ipv6BeforeMark: 'ISP1_Route', ipv6AfterMark: 'ISP2_Route' },
    });
  } finally {
    await loop.stop();
    await sim.stop();
  }
});
