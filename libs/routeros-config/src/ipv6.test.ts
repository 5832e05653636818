import { describe, expect, it } from 'vitest';
import { dualStack, site, strategies, wan } from '../testing/sites.ts';
import {
  applyOperations,
  generate,
  planChanges,
  readConfiguration,
  readScript,
  setupNotes,
  showOperations,
  siteProblems,
  type Configuration,
  type SiteDescription,
} from './index.ts';

const nothing: Configuration = { lists: new Map(), settings: new Map() };
const read = (text: string): Configuration => readConfiguration(readScript(text)).configuration;
const inMenu = (of: SiteDescription, menu: string) =>
  generate(of)
    .objects.filter((object) => object.menu === menu)
    .map(({ properties }) => properties);

describe('IPv6 that is steered', () => {
  it('has the mangle rules of IPv4, with the same marks, lists and comments', () => {
    const rules = inMenu(dualStack(), '/ipv6 firewall mangle');
    expect(rules).toEqual(inMenu(dualStack(), '/ip firewall mangle'));
    expect(rules.filter(({ comment }) => comment === 'Load-Balancing here')).toMatchObject([
      { action: 'mark-routing', 'new-routing-mark': 'to_ISP1' },
    ]);
    expect(
      inMenu(dualStack(), '/ipv6 firewall address-list').map(({ list, address }) => [list, address]),
    ).toEqual([
      ['fairlead-lan', 'fd00:1::/48'],
      ['fairlead-connected', 'fd00:1::/48'],
      ['fairlead-connected', '2001:db8::/32'],
      ['fairlead-connected', 'fe80::/10'],
      ['fairlead-connected', 'ff00::/8'],
    ]);
  });

  it('has a default route in each table that falls back to the next WAN', () => {
    const routes = inMenu(dualStack(), '/ipv6 route').map((route) => [
      route['routing-table'] ?? 'main',
      route['gateway'],
      route['distance'] ?? '1',
      route['check-gateway'],
    ]);
    expect(routes).toEqual([
      ['to_ISP1', 'fe80::1%ether1', '1', 'ping'],
      ['to_ISP1', 'fe80::1%ether2', '2', 'ping'],
      ['to_ISP2', 'fe80::1%ether2', '1', 'ping'],
      ['to_ISP2', 'fe80::1%ether1', '2', 'ping'],
      ['main', 'fe80::1%ether1', '1', 'ping'],
      ['main', 'fe80::1%ether2', '2', 'ping'],
    ]);
  });

  it('does not ask a gateway that is an interface', () => {
    const wans = [wan(1, { ipv6: { gateway: 'pppoe-out1', translations: [] } }), wan(2)];
    const checks = inMenu(dualStack({ wans }), '/ipv6 route').map((route) => [
      route['gateway'],
      route['check-gateway'],
    ]);
    expect(new Map(checks as [string, string | undefined][])).toEqual(
      new Map([
        ['pppoe-out1', undefined],
        ['fe80::1%ether2', 'ping'],
      ]),
    );
  });

  it.each([
    [9, 'to-addresses'],
    [14, 'to-addresses'],
    [15, 'to-address'],
  ])('is translated for each WAN as RouterOS 7.%i says it: %s', (minor, word) => {
    const wans = [
      wan(1, { ipv6: { gateway: 'pppoe-out1', translations: [] } }),
      wan(2, {
        ipv6: { gateway: '2001:db8::2', translations: [{ from: 'fd00:1::/48', to: '2001:db8:2::/48' }] },
      }),
      wan(3, { ipv6: { gateway: 'fe80::3%ether3', translations: [{ from: 'fd00:1::/48' }] } }),
    ];
    const from = { chain: 'srcnat', 'src-address': 'fd00:1::/48' };
    expect(inMenu(dualStack({ wans, routerOs: { major: 7, minor } }), '/ipv6 firewall nat')).toEqual([
      {
        ...{ ...from, action: 'netmap', [word]: '2001:db8:2::/48', 'out-interface': 'ether2' },
        comment: 'fairlead:nat-ISP2-1',
      },
      {
        ...{ ...from, action: 'masquerade', 'out-interface': 'ether3' },
        comment: 'fairlead:nat-ISP3-1',
      },
    ]);
  });

  it('is set back by the dead man too', () => {
    const [deadMan] = inMenu(dualStack({ deadMan: true }), '/system scheduler');
    const set = 'firewall mangle set [find comment="Load-Balancing here" new-routing-mark!=to_ISP1]';
    for (const family of ['/ip', '/ipv6']) expect(deadMan?.['on-event']).toContain(`${family} ${set}`);
  });

  it('goes when it is switched off, and nothing of others does', () => {
    const others = read(
      [
        '/ipv6 firewall mangle',
        'add chain=prerouting action=mark-routing new-routing-mark=to_ISP2 connection-mark=mine comment="Load-Balancing here"',
        'add chain=forward action=change-mss new-mss=1420 comment=mine',
        '/ipv6 route',
        'add dst-address=::/0 gateway=fe80::9%ether9',
      ].join('\n'),
    );
    const plain = applyOperations(others, planChanges(generate(site()), others).operations);
    for (const [menu, list] of others.lists) expect(plain.lists.get(menu)).toEqual(list);

    const before = applyOperations(nothing, planChanges(generate(site()), nothing).operations);
    const steered = applyOperations(before, planChanges(generate(dualStack()), before).operations);
    const { operations } = planChanges(generate(site()), steered);
    expect(new Set(operations.map(({ kind }) => kind))).toEqual(new Set(['remove']));
    expect(operations.every(({ menu }) => menu.startsWith('/ipv6 '))).toBe(true);
    expect(applyOperations(steered, operations)).toEqual(before);
  });

  it('is nowhere in what is made of a site without it', () => {
    for (const strategy of strategies) {
      const { operations } = planChanges(
        generate(site({ strategy, deadMan: strategy === 'balance' })),
        nothing,
      );
      expect(showOperations(nothing, operations)).not.toContain('ipv6');
    }
  });
});

describe('a site whose IPv6 cannot be steered', () => {
  it.each<[string, SiteDescription]>([
    [
      'RouterOS 6 cannot steer IPv6: its /ipv6 route knows one table',
      dualStack({ routerOs: { major: 6, minor: 49 } }),
    ],
    ['IPv6 is steered with the strategy balance only, not with pcc', dualStack({ strategy: 'pcc' })],
    [
      'WAN ISP2: no IPv6 gateway is given',
      { ...dualStack(), wans: [...dualStack().wans.slice(0, 1), wan(2)] },
    ],
  ])('is refused: %s', (problem, given) => {
    expect(siteProblems(given)).toEqual([expect.stringContaining(problem)]);
    expect(siteProblems(dualStack())).toEqual([]);
  });

  it.each([
    ['fasttrack', '/ipv6 firewall filter add chain=forward action=fasttrack-connection'],
    ['foreign-steering', '/ipv6 firewall mangle add chain=prerouting action=mark-routing new-routing-mark=x'],
    ['foreign-default-route', '/ipv6 route add dst-address=::/0 gateway=fe80::9%ether1'],
    ['foreign-default-route', '/ipv6 route add gateway=fe80::9%ether1 distance=2 routing-table=to_ISP2'],
    ['foreign-default-route', '/ipv6 dhcp-client add interface=ether1 request=prefix add-default-route=yes'],
    ['foreign-default-route', '/ipv6 settings set accept-router-advertisements=yes'],
  ])('has a conflict where somebody else has it: %s', (name, text) => {
    expect(planChanges(generate(dualStack()), read(text)).conflicts).toMatchObject([{ name }]);
    expect(planChanges(generate(site()), read(text)).conflicts).toEqual([]);
  });

  it.each([
    '/ipv6 firewall filter add chain=forward action=fasttrack-connection connection-mark=no-mark',
    '/ipv6 route add dst-address=::/0 gateway=fe80::9%ether1 distance=200',
    '/ipv6 route add dst-address=2001:db8:9::/48 gateway=fe80::9%ether1',
    '/ipv6 dhcp-client add interface=ether1 request=prefix',
  ])('has none with %s', (text) => {
    expect(planChanges(generate(dualStack()), read(text)).conflicts).toEqual([]);
  });
});

it('says what leaves untranslated', () => {
  const wans = [
    wan(1, { ipv6: { gateway: 'fe80::1%ether1', translations: [] } }),
    wan(2, { ipv6: { gateway: 'fe80::1%ether2', translations: [{ from: 'fd00:1::/48' }] } }),
  ];
  expect(setupNotes(dualStack({ wans }), nothing).filter((note) => note.includes('BCP 38'))).toEqual([
    'fd00:1::/48 leaves by ISP1 untranslated: its provider must carry it, or drops all of it (BCP 38)',
  ]);
});
