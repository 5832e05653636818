import { describe, expect, it } from 'vitest';
import { site, strategies, wan } from '../testing/sites.ts';
import { divideParts } from './divide-parts.ts';
import { generate, siteProblems, type SiteDescription } from './index.ts';

const inMenu = (of: SiteDescription, menu: string) =>
  generate(of)
    .objects.filter((object) => object.menu === menu)
    .map(({ properties }) => properties);

describe('the configuration of a site', () => {
  it('balances as the presentation does: flip, then sticky marks, then routing by them', () => {
    const rules = inMenu(site(), '/ip firewall mangle');
    expect(rules.map(({ comment }) => comment)).toEqual([
      'fairlead:connected',
      ...['in', 'out', 'forward', 'back'].flatMap((id) => [`fairlead:${id}-ISP1`, `fairlead:${id}-ISP2`]),
      'fairlead:new',
      'Load-Balancing here',
      'fairlead:sticky-ISP1',
      'fairlead:sticky-ISP2',
      'fairlead:route-ISP1',
      'fairlead:route-ISP2',
    ]);
    expect(rules.some(({ passthrough }) => passthrough !== undefined)).toBe(false);
  });

  it('gives each PCC bucket to one WAN, as many as it weighs', () => {
    const weighted = site({ strategy: 'pcc', wans: [wan(1, { weight: 3 }), wan(2), wan(3, { weight: 2 })] });
    const buckets = inMenu(weighted, '/ip firewall mangle').filter(
      (rule) => 'per-connection-classifier' in rule,
    );
    expect(
      buckets.map((rule) => [rule['per-connection-classifier'], rule['new-connection-mark']?.slice(-4)]),
    ).toEqual([
      ['both-addresses:6/0', 'ISP1'],
      ['both-addresses:6/1', 'ISP1'],
      ['both-addresses:6/2', 'ISP1'],
      ['both-addresses:6/3', 'ISP2'],
      ['both-addresses:6/4', 'ISP3'],
      ['both-addresses:6/5', 'ISP3'],
    ]);
  });

  it('steers parts of new connections by a rule for each, which is where shares may change', () => {
    const shared = site({ strategy: 'pcc', parts: 5, wans: [wan(1), wan(2)] });
    const { objects } = generate(shared);
    const rules = objects.filter(({ live }) => live?.property === 'new-routing-mark');
    expect(
      rules.map(({ properties }) => [
        properties['comment'],
        properties['per-connection-classifier'],
        properties['new-routing-mark'],
      ]),
    ).toEqual([
      ['Load-Balancing here 5/0', 'both-addresses:5/0', 'to_ISP1'],
      ['Load-Balancing here 5/1', 'both-addresses:5/1', 'to_ISP1'],
      ['Load-Balancing here 5/2', 'both-addresses:5/2', 'to_ISP2'],
      ['Load-Balancing here 5/3', 'both-addresses:5/3', 'to_ISP2'],
      ['Load-Balancing here 5/4', 'both-addresses:5/4', 'to_ISP2'],
    ]);
    expect(new Set(rules.map(({ live }) => live?.allowed.join()))).toEqual(new Set(['to_ISP1,to_ISP2']));
  });

  it.each<[parts: number, weights: (number | undefined)[], rx: number[], counts: number[]]>([
    [10, [undefined, undefined], [40, 10], [8, 2]],
    [10, [3, 1], [40, 10], [8, 2]],
    [10, [1, 1, 1], [1, 1, 1], [4, 3, 3]],
    [4, [undefined, undefined, undefined], [1_000, 1, 1], [2, 1, 1]],
    [10, [undefined, 3], [1, 1], [3, 7]],
  ])(
    'begins with shares by weight or capacity, and none without any: %i of %j',
    (parts, weights, rx, counts) => {
      const wans = weights.map((weight, i) =>
        wan(i + 1, { capacity: { rx: rx[i] ?? 0, tx: 1 }, ...(weight !== undefined && { weight }) }),
      );
      const given = divideParts(wans, parts);
      expect(wans.map((one) => given.filter((other) => other === one).length)).toEqual(counts);
    },
  );

  it('sets every steering rule back where nobody is there any more', () => {
    const [deadMan] = inMenu(site({ strategy: 'pcc', parts: 2, deadMan: true }), '/system scheduler');
    expect(deadMan?.['on-event']).toContain(
      'do={/ip firewall mangle set [find comment="Load-Balancing here 2/0" new-routing-mark!=to_ISP1] new-routing-mark=to_ISP1; ' +
        '/ip firewall mangle set [find comment="Load-Balancing here 2/1" new-routing-mark!=to_ISP2] new-routing-mark=to_ISP2}',
    );
  });

  it('counts Nth in a chain of its own, from 1 to as many as there are', () => {
    const rules = inMenu(site({ strategy: 'nth' }), '/ip firewall mangle').filter((rule) => 'nth' in rule);
    expect(rules.map(({ chain, nth }) => [chain, nth])).toEqual([
      ['fairlead-nth', '2,1'],
      ['fairlead-nth', '2,2'],
    ]);
  });

  it('speaks each version: tables and several routes in 7, marks and one weighted route in 6', () => {
    const six = site({
      strategy: 'ecmp',
      routerOs: { major: 6, minor: 49 },
      wans: [wan(1, { weight: 2 }), wan(2)],
    });
    expect(inMenu(six, '/routing table')).toEqual([]);
    const mainOf6 = inMenu(six, '/ip route').filter(({ comment }) => comment?.startsWith('fairlead:main-'));
    expect(mainOf6.map(({ gateway }) => gateway)).toEqual([
      '198.51.100.1,198.51.100.1,198.51.100.2',
      '203.0.113.1,203.0.113.1,203.0.113.2',
    ]);
    const seven = site({ strategy: 'ecmp' });
    expect(inMenu(seven, '/routing table').map(({ name }) => name)).toEqual(['to_ISP1', 'to_ISP2']);
    const mainOf7 = inMenu(seven, '/ip route').filter(({ comment }) => comment?.startsWith('fairlead:main-'));
    expect(mainOf7.map(({ gateway, distance }) => [gateway, distance])).toEqual([
      ['198.51.100.1', undefined],
      ['203.0.113.1', undefined],
      ['198.51.100.2', undefined],
      ['203.0.113.2', undefined],
    ]);
    const words = (of: SiteDescription) =>
      new Set(inMenu(of, '/ip route').flatMap((route) => Object.keys(route)));
    expect(words(six).has('routing-table') || words(seven).has('routing-mark')).toBe(false);
  });

  it('asks two hosts beyond each gateway, and lets every table fall back to the next WAN', () => {
    const routes = inMenu(site({ strategy: 'failover' }), '/ip route');
    expect(
      routes.filter(({ scope }) => scope === '10').map((route) => [route['dst-address'], route['gateway']]),
    ).toEqual([
      ['198.51.100.1/32', '192.0.2.1'],
      ['203.0.113.1/32', '192.0.2.1'],
      ['198.51.100.2/32', '192.0.2.2'],
      ['203.0.113.2/32', '192.0.2.2'],
    ]);
    const table = routes.filter((route) => route['routing-table'] === 'to_ISP2');
    expect(table.map(({ gateway, distance }) => [gateway, distance ?? '1'])).toEqual([
      ['198.51.100.2', '1'],
      ['203.0.113.2', '1'],
      ['198.51.100.1', '2'],
      ['203.0.113.1', '2'],
    ]);
    expect(table.every((route) => route['check-gateway'] === 'ping' && route['target-scope'] === '11')).toBe(
      true,
    );
  });

  it('grants no more than reading, the API and, to who steers, writing', () => {
    expect(inMenu(site(), '/user group').map(({ name, policy }) => [name, policy])).toEqual([
      ['fairlead-watch', 'api,read,test'],
      ['fairlead-steer', 'api,read,test,write'],
    ]);
    expect(
      inMenu(site(), '/user').every(
        ({ disabled, address }) => disabled === 'yes' && address === '10.0.0.5/32',
      ),
    ).toBe(true);
  });

  it('gives every object a comment or name that no other of its menu has', () => {
    for (const strategy of strategies) {
      const { objects } = generate(site({ strategy, wans: [wan(1, { weight: 2 }), wan(2), wan(3)] }));
      const keys = objects.map(({ menu, properties }) =>
        [
          menu,
          properties['comment'] ?? properties['name'] ?? properties['topics'] ?? properties['dst-address'],
        ].join(' '),
      );
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  it.each<[string, Partial<SiteDescription>]>([
    ['two WANs with one routing mark: to_ISP1', { wans: [wan(1), wan(2, { routingMark: 'to_ISP1' })] }],
    ['two WANs with one interface: ether1', { wans: [wan(1), wan(2, { interface: 'ether1' })] }],
    [
      'two WANs with one probe host: 198.51.100.1',
      { wans: [wan(1), wan(2, { probeHosts: ['198.51.100.1', '9.9.9.9'] })] },
    ],
    ['WAN ISP2: its capacity must be above 0', { wans: [wan(1), wan(2, { capacity: { rx: 0, tx: 1 } })] }],
    [
      'WAN ISP1: its weight must be a whole number from 1 to 100',
      { wans: [wan(1, { weight: 1.5 }), wan(2)] },
    ],
    [
      'WAN ISP1: RouterOS 7 has no weights for ECMP',
      { strategy: 'ecmp', wans: [wan(1, { weight: 2 }), wan(2)] },
    ],
    ['1 WANs: there must be 2 to 8', { wans: [wan(1)] }],
    ['no LAN network is given', { lanNetworks: [] }],
    [
      '1 parts of new connections: there must be one for each WAN, and 64 at most',
      { strategy: 'pcc', parts: 1 },
    ],
    [
      'dead man: only balance, and pcc with the policy weights or headroom with parts, have steering rules to set back',
      { strategy: 'pcc', deadMan: true },
    ],
  ])('is not made: %s', (problem, given) => {
    expect(siteProblems(site(given))).toEqual([problem]);
    expect(siteProblems(site())).toEqual([]);
  });
});
