import { openSteeredRouter, sharedConfiguration, sharingWans, weightsOf } from '@fairlead/actuator/testing';
import { Outcome } from '@fairlead/model';
import { steadyLoad } from '@fairlead/router-sim';
import { until } from '@fairlead/testkit';
import { expect, it } from 'vitest';
import { openSteeringLoop } from './support/steering-loop.ts';

const LONG = { timeoutMs: 60_000 };
const PARTS = 10;
const FLIPS_PER_HOUR = 12;
/** What the lines are said to carry, in Mbit/s; the simulated ones carry 50 each. */
const CAPACITIES = [50, 20, 10];

it.each(['weights', 'headroom'])(
  '%s in parts divides new connections among three WANs by their load, takes all off one that goes down, and gives them back',
  async (kind) => {
    const policy = {
      ...{ kind, denominator: PARTS, samples: { breached: 2, of: 2 }, meanMs: 1_000 },
      ...{ dwellMs: 1_000, emergencyDwellMs: 0, coolDownMs: 0, flipsPerHour: FLIPS_PER_HOUR },
    };
    const { sim, inventory } = await openSteeredRouter(
      policy,
      {
        ...{ configuration: sharedConfiguration(sharingWans, PARTS), time: 'real' },
        load: steadyLoad(2e6),
      },
      sharingWans,
    );
    const routers = inventory.map((router) => ({
      ...router,
      api: router.api && { ...router.api, intervalMs: 500 },
      wans: router.wans.map((wan, i) => ({ ...wan, capacity: { rx: (CAPACITIES[i] ?? 0) * 1e6, tx: 10e6 } })),
    }));
    const loop = await openSteeringLoop(routers, { statusIntervalMs: 1_000, stateIntervalMs: 1_000 });
    const { decisions, actuations } = loop;
    const weights = (): number[] | undefined => weightsOf(sim, sharingWans, PARTS);
    const shares = (what: string, holds: (weights: readonly number[]) => boolean): Promise<unknown> =>
      until(what, () => holds(weights() ?? []), LONG);
    try {
      expect(weights()).toEqual([4, 3, 3]);
      await loop.start();
      await shares('all for the big one while there is little to carry', ([first]) => first === PARTS);

      sim.setLoad(steadyLoad(45e6));
      await shares('something for each while there is much', (now) => now.every((parts) => parts > 0));

      const before = decisions.length;
      sim.setLink('ISP1', false);
      await shares(
        'nothing for the one that is down',
        ([first, ...rest]) => first === 0 && sum(rest) === PARTS,
      );
      expect(decisions.slice(before).some(({ emergency }) => emergency)).toBe(true);

      sim.setLoad(steadyLoad(2e6));
      sim.setLink('ISP1', true);
      await shares('all for the big one again', ([first]) => first === PARTS);

      await until('a record of each decision', () => actuations.length === decisions.length, LONG);
      expect(decisions.length).toBeLessThanOrEqual(FLIPS_PER_HOUR);
      for (const [i, actuation] of actuations.entries()) {
        const { id, fromWeights, toWeights } = decisions[i] ?? { id: '', fromWeights: [], toWeights: [] };
        const [before, after] = [fromWeights.join(':'), toWeights.join(':')];
        expect(actuation).toMatchObject({ decisionId: id, beforeMark: before, wantedMark: after });
        // A link may go down between a decision and its carrying out.
        if (actuation.outcome === Outcome.REFUSED) expect(actuation.reason).toContain('is not running');
        else expect(actuation).toMatchObject({ outcome: Outcome.CONFIRMED, afterMark: after, reason: '' });
      }
      expect(actuations.at(-1)?.afterMark).toBe(weights()?.join(':'));
    } finally {
      await loop.stop();
      await sim.stop();
    }
  },
  300_000,
);

const sum = (parts: readonly number[]): number => parts.reduce((total, part) => total + part, 0);
