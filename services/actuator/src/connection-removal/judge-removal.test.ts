import { describe, expect, it } from 'vitest';
import { simulatedWans } from '../../testing/steered-router.ts';
import { judgeRemoval, type RemovalCase } from './judge-removal.ts';
import { createKnownDowns } from './known-downs.ts';
import type { RemovalReadings } from './read-connections.ts';

const [isp1, isp2] = simulatedWans.map((wan) => ({ ...wan, capacity: { rx: 50e6, tx: 10e6 } }));
if (!isp1 || !isp2) throw new Error('two WANs');

const rule = (comment: string, mark: string) => ({
  comment,
  action: 'mark-routing',
  'new-routing-mark': mark,
});
const judge = (change: Partial<RemovalCase> = {}, readings: Partial<RemovalReadings> = {}) =>
  judgeRemoval(
    {
      ...{
        wan: isp1,
        wans: [isp1, isp2],
        rule: 'steer',
        holder: 'us',
        isKnownDown: () => false,
        toldMsAgo: 0,
      },
      ...change,
    },
    {
      routingRules: [rule('steer', 'ISP2_Route')],
      routedTables: new Set(simulatedWans.map(({ routingMark }) => routingMark)),
      running: new Set(simulatedWans.map((wan) => wan.interface)),
      lease: [{ comment: 'us' }],
      ...readings,
    },
  );

describe('a removal', () => {
  it('goes ahead when new connections are sent by a WAN that is up', () => {
    expect(judge()).toEqual({ kind: 'go', isHeld: true });
    const parts = [
      rule('steer 2/0', 'ISP2_Route'),
      rule('steer 2/1', 'ISP2_Route'),
      rule('other', 'ISP1_Route'),
    ];
    expect(judge({}, { routingRules: parts, lease: [] })).toEqual({ kind: 'go', isHeld: false });
  });

  it('waits while new connections are sent by the WAN that is down, also in part', () => {
    const reason = 'new connections are still sent by ISP1';
    expect(judge({}, { routingRules: [rule('steer', 'ISP1_Route')] })).toEqual({ kind: 'wait', reason });
    const parts = [rule('steer 2/0', 'ISP2_Route'), rule('steer 2/1', 'ISP1_Route')];
    expect(judge({}, { routingRules: parts })).toEqual({ kind: 'wait', reason });
  });

  it.each([
    ['the other WAN is known to be down too', { isKnownDown: (wan: string) => wan === 'ISP2' }, {}],
    ['the link of the other WAN is down', {}, { running: new Set(['ether1']) }],
    ['the other WAN has no route', {}, { routedTables: new Set(['ISP1_Route']) }],
  ])('would leave no WAN: %s', (_, change, readings) => {
    const reason = 'no WAN would be left: new connections are sent by ISP2, which is down too';
    expect(judge(change, readings)).toEqual({ kind: 'wait', reason });
  });

  it.each([
    ['no rule', []],
    ['a rule of a similar name', [rule('steer too', 'ISP2_Route')]],
    ['a rule to somewhere else', [rule('steer', 'to-vpn')]],
  ])('waits where it is not known where new connections go: %s', (_, routingRules) => {
    expect(judge({}, { routingRules })).toMatchObject({ kind: 'wait' });
  });

  it('is refused when the state of the WAN is stale, unless the router itself says that it is down', () => {
    const reason =
      'its state is stale: that it is down was told 61 s ago, and the router itself does not say so';
    expect(judge({ toldMsAgo: 61_000 })).toEqual({ kind: 'refused', reason });
    expect(judge({ toldMsAgo: 61_000 }, { running: new Set(['ether2']) })).toMatchObject({ kind: 'go' });
  });

  it('is refused where another Fairlead steers', () => {
    expect(judge({}, { lease: [{ comment: 'them' }] })).toMatchObject({ kind: 'refused' });
  });
});

describe('what is known to be down', () => {
  it('is one outage from the first cause to the end of the last', () => {
    const downs = createKnownDowns();
    const fold = (kind: string) => downs.fold({ wan: 'ISP1', kind });
    expect(['wan-down', 'upstream-down', 'wan-up', 'threshold-above'].map(fold)).toEqual([
      ...['down', 'nothing', 'nothing', 'nothing'],
    ]);
    expect([downs.has('ISP1'), downs.has('ISP2')]).toEqual([true, false]);
    expect(['upstream-up', 'upstream-up'].map(fold)).toEqual(['over', 'nothing']);
    expect(downs.has('ISP1')).toBe(false);
  });

  it('is over when the WAN is heard of no more', () => {
    const downs = createKnownDowns();
    const fold = (kind: string) => downs.fold({ wan: 'ISP1', kind });
    expect(['upstream-down', 'samples-missing', 'wan-up'].map(fold)).toEqual(['down', 'over', 'nothing']);
  });
});
