import { RouterState, SteeringRule } from '@fairlead/model';
import { expect, it } from 'vitest';
import { afterState, nothingKnown, routerView } from './router-view.ts';
import { siteInventory } from './testing/index.ts';

const [site] = siteInventory();
if (!site) throw new Error('a site has a router');
const MANGLE = '/ip/firewall/mangle';

const rule = (change: Partial<SteeringRule>): SteeringRule => ({
  ...SteeringRule.decode(new Uint8Array()),
  menu: MANGLE,
  chain: 'prerouting',
  ...change,
});

/** Two rules that split new connections in three, and those that set the routing marks for them. */
const classifier = (remainders: readonly (readonly [wan: string, remainder: number])[]): SteeringRule[] => [
  ...remainders.map(([wan, remainder]) =>
    rule({
      action: 'mark-connection',
      newConnectionMark: `${wan}_conn`,
      perConnectionClassifier: `both-addresses:3/${remainder}`,
    }),
  ),
  ...['ISP1', 'ISP2'].map((wan) =>
    rule({ action: 'mark-routing', connectionMark: `${wan}_conn`, newRoutingMark: `${wan}_Route` }),
  ),
];

const sharesWith = (steeringRules: SteeringRule[], router = site): (number | null)[] => {
  const state = { ...RouterState.decode(new Uint8Array()), reachable: true, steeringRules };
  return routerView(router, afterState(nothingKnown, router, state)).wans.map(({ share }) => share);
};

const thirds = classifier([
  ['ISP1', 0],
  ['ISP1', 1],
  ['ISP2', 2],
]);
const steering = rule({
  action: 'mark-routing',
  comment: 'Load-Balancing here',
  newRoutingMark: 'ISP2_Route',
});

it('tells the share of new connections by the classifier rules of a router that divides them', () => {
  expect(sharesWith(thirds)).toEqual([2 / 3, 1 / 3]);
  const { steering: _, ...watched } = site;
  expect(sharesWith([...thirds, steering], watched)).toEqual([2 / 3, 1 / 3]);
});

it('tells it by the rule that steers where there is one, and not at all where the rules do not say', () => {
  expect(sharesWith([...thirds, steering])).toEqual([0, 1]);
  expect(sharesWith([{ ...steering, newRoutingMark: 'elsewhere' }])).toEqual([null, null]);
  expect(sharesWith(thirds.slice(1))).toEqual([null, null]);
  expect(sharesWith([])).toEqual([null, null]);
});
