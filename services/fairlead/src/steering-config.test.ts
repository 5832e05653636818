import { ConfigError, loadConfig } from '@fairlead/runtime';
import { describe, expect, it } from 'vitest';
import { fairleadConfigSchema } from './config.ts';

/** A configuration whose lines can be replaced by their number. */
const lines = [
  'routers:',
  '  - name: gw1',
  '    site: depot',
  '    address: 192.0.2.1',
  '    mode: armed',
  '    api: { user: u, password: p }',
  '    wans:',
  '      - name: ISP1',
  '        interface: ether1',
  '        capacity: { rx: 50M, tx: 10M }',
  '        routingMark: to-1',
  '      - name: ISP2',
  '        interface: ether2',
  '        capacity: { rx: 20M, tx: 5M }',
  '        routingMark: to-2',
  '        cost: { perGb: 1.5, commit: 10M }',
  '    steering:',
  '      timeZone: Europe/Berlin',
  '      policy:',
  '        kind: headroom',
  '        leaveAbove: 0.8',
  '        returnBelow: 0.6',
  '      schedules:',
  '        - days: [mon, fri]',
  '          from: "08:00"',
  '          to: "18:00"',
  '          avoid: [ISP2]',
  '          leaveAbove: 0.9',
  '      pin: { wan: ISP2, until: 2026-12-01T18:00:00+01:00 }',
];

const check = async (
  changes: Readonly<Record<number, string>>,
  given = lines,
): Promise<readonly string[]> => {
  const text = given.map((line, index) => changes[index + 1] ?? line).join('\n');
  try {
    await loadConfig(fairleadConfigSchema, { file: 'f.yaml', text }, {});
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

describe('steering in the configuration', () => {
  it('has a policy, schedules, a pin and costs', async () => {
    const source = { file: 'f.yaml', text: lines.join('\n') };
    const { routers } = await loadConfig(fairleadConfigSchema, source, {});
    expect(routers[0]?.wans[1]?.cost).toEqual({ perGb: 1.5, commit: 10e6 });
    expect(routers[0]?.steering).toMatchObject({
      rule: 'Load-Balancing here',
      locked: false,
      stopped: false,
      policy: { kind: 'headroom', flipsPerHour: 5, samples: { breached: 3, of: 5 } },
      schedules: [{ days: [1, 5], fromMinute: 480, toMinute: 1_080, avoid: ['ISP2'], leaveAbove: 0.9 }],
      pin: { wan: 'ISP2', until: Date.UTC(2026, 11, 1, 17) },
    });
  });

  it.each<[what: string, line: number, text: string, problem: RegExp]>([
    [
      'no capacity',
      10,
      '        capacity: { rx: 0, tx: 10M }',
      /^f\.yaml:10:25: routers\.0\.wans\.0\.capacity\.rx: .*above 0/,
    ],
    ['two WANs with one mark', 15, '        routingMark: to-1', /^f\.yaml:15:22: .*this routing mark$/],
    ['two WANs on one interface', 13, '        interface: ether1', /^f\.yaml:13:20: .*this interface$/],
    ['limits that overlap', 22, '        returnBelow: 0.8', /^f\.yaml:22:22: .*less than leaveAbove/],
    [
      'limits that overlap at certain hours',
      28,
      '          leaveAbove: 0.5',
      /^f\.yaml:28:23: .*returnBelow \(0.6\) must be less than leaveAbove \(0.5\)/,
    ],
    ['hours over midnight', 26, '          to: "07:00"', /^f\.yaml:26:15: .*two schedules$/],
    [
      'an unknown WAN to avoid',
      27,
      '          avoid: [ISP3]',
      /^f\.yaml:27:19: .*named ISP3; known: ISP1, ISP2$/,
    ],
    [
      'a pin to an unknown WAN',
      29,
      '      pin: { wan: LTE, until: 2026-12-01T18:00:00Z }',
      /^f\.yaml:29:19: .*named LTE/,
    ],
    ['a pin without a zone', 29, '      pin: { wan: ISP2, until: 2026-12-01 }', /^f\.yaml:29:32: .*its zone/],
    ['an unknown zone', 18, '      timeZone: Mars/Olympus', /^f\.yaml:18:17: .*Europe\/Istanbul/],
    [
      'a capacity without its unit',
      14,
      '        capacity: { rx: 20, tx: 5M }',
      /^f\.yaml:14:25: .*a unit is missing, as in 20M$/,
    ],
    [
      'a capacity of one direction',
      14,
      '        capacity: { rx: 20M }',
      /^f\.yaml:14:9: .*\.tx: expected a rate such as 50M$/,
    ],
    ['the table main as a mark', 15, '        routingMark: main', /^f\.yaml:15:22: .*a table of its own$/],
    [
      'a mark with a blank at its end',
      15,
      '        routingMark: "to-2 "',
      /^f\.yaml:15:22: .*not part of a name$/,
    ],
    [
      'an interface with a control character',
      13,
      '        interface: "ether2\\b"',
      /^f\.yaml:13:20: .*a name$/,
    ],
    ['a rule of blanks', 17, '    steering:\n      rule: "  "', /^f\.yaml:18:13: .*not part of a name$/],
    [
      'a comment that is taken',
      17,
      '    steering:\n      rule: fairlead:steer',
      /^f\.yaml:18:13: .*one of its own$/,
    ],
    [
      'a comment beyond ASCII',
      17,
      '    steering:\n      rule: Yük dağıtımı',
      /^f\.yaml:18:13: .*"ü" is not ASCII.*rename it/,
    ],
    [
      'a certificate that is none',
      6,
      '    api: { user: u, password: p, tls: { fingerprint: TODO } }',
      /^f\.yaml:6:54: .*64 hex digits/,
    ],
    [
      'a network as a source address',
      5,
      '    mode: armed\n    sourceAddresses: [192.0.2.7, 10.0.0.0/8]',
      /^f\.yaml:6:34: .*neither an address nor a host name/,
    ],
    [
      'half an address as a source address',
      5,
      '    mode: armed\n    sourceAddresses: [gw1.example.net, 192.0.2.300]',
      /^f\.yaml:6:40: .*neither an address nor a host name/,
    ],
    ['an address that is none', 4, '    address: 192.0.2.300', /^f\.yaml:4:14: .*neither an address/],
    [
      'a removal without knowing what is bound to a WAN',
      18,
      '      connectionRemoval: {}',
      /^f\.yaml:18:7: .*needs the connectionMark of every WAN/,
    ],
    [
      'a connection mark that all have',
      15,
      '        routingMark: to-2\n        connectionMark: no-mark',
      /^f\.yaml:16:25: .*that no rule bound$/,
    ],
    ['a percentage', 21, '        leaveAbove: 80', /^f\.yaml:21:21: .*<=1$/],
    ['an address with a protocol', 4, '    address: https://192.0.2.1', /^f\.yaml:4:14: .*without blanks/],
    [
      'TLS that says nothing',
      6,
      '    api: { user: u, password: p, tls: true }',
      /^f\.yaml:6:39: .*fingerprint/,
    ],
    [
      'a budget that keeps nothing for a WAN that goes down',
      20,
      '        kind: weights\n        writesPerHour: 19',
      /^f\.yaml:21:24: .*at least 20, twice the denominator/,
    ],
    [
      'a count that the samples cannot reach',
      22,
      '        samples: { breached: 6, of: 5 }',
      /^f\.yaml:22:30: .*more than of/,
    ],
  ])('is refused with its line: %s', async (_, line, text, problem) => {
    const problems = await check({ [line]: text });
    expect(problems[0]).toMatch(problem);
    expect(problems).toHaveLength(1);
  });

  it.each<[what: string, line: number, text: string, problem: RegExp]>([
    [
      'a gateway that two share',
      18,
      '        gateway: 198.51.100.1',
      /^f\.yaml:18:18: .*not tell them apart$/,
    ],
    [
      'a gateway that is no address',
      18,
      '        gateway: 203.0.113.999',
      /^f\.yaml:18:18: .*or ether2, the/,
    ],
    ["another WAN's interface", 18, '        gateway: ether1', /^f\.yaml:18:18: .*or ether2, the/],
    [
      'a gateway that is probed',
      19,
      '        probeHosts: [203.0.113.1, 8.8.8.8]',
      /^f\.yaml:19:22: .*beyond it/,
    ],
    ['a probe host at home', 19, '        probeHosts: [127.0.0.1, 8.8.8.8]', /^f\.yaml:19:22: .*internet$/],
    [
      'a probe host in the LAN',
      19,
      '        probeHosts: [192.168.88.9, 8.8.8.8]',
      /^f\.yaml:19:22: .*lies in 192\.168\.88\.0\/24, a network of this site/,
    ],
    [
      'a host instead of a network',
      21,
      '      lanNetworks: [192.168.88.1/24]',
      /^f\.yaml:21:21: .*is 192\.168\.88\.0\/24 meant\?$/,
    ],
    [
      'all of the internet',
      21,
      '      lanNetworks: [0.0.0.0/0]',
      /^f\.yaml:21:21: .*not all of the internet$/,
    ],
    ['a network twice', 21, '      lanNetworks: [10.0.0.0/8, 10.0.0.0/8]', /^f\.yaml:21:7: .*network twice$/],
    [
      'rules for shares, and a policy that sets one rule',
      20,
      '    steering: { policy: { kind: spill } }\n    setup:\n      strategy: pcc',
      /^f\.yaml:22:17: .*the strategy pcc makes no rule that the policy spill could set; use strategy: balance, the policy weights, headroom with denominator, or leave/,
    ],
    [
      'no steering rule at all, and a policy that sets one',
      20,
      '    steering: {}\n    setup:\n      strategy: nth',
      /^f\.yaml:22:17: .*the strategy nth makes no rule that the policy spill could set; use strategy: balance, or/,
    ],
    [
      'one rule, and a policy of shares',
      20,
      '    steering: { policy: { kind: weights } }\n    setup:\n      strategy: balance',
      /^f\.yaml:22:17: .*the policy weights needs the rules of the strategy pcc, and balance makes others/,
    ],
    [
      'one rule by default, and a policy of shares',
      20,
      '    steering: { policy: { kind: weights } }\n    setup:',
      /^f\.yaml:21:5: .*needs the rules of the strategy pcc/,
    ],
    [
      'one rule, and a policy of headroom in parts',
      20,
      '    steering: { policy: { kind: headroom, denominator: 10 } }\n    setup:',
      /^f\.yaml:21:5: .*the policy headroom with denominator: 10 needs the rules of the strategy pcc/,
    ],
    [
      'weights in one part',
      20,
      '    steering: { policy: { kind: weights, denominator: 1 } }\n    setup:\n      strategy: pcc',
      /^f\.yaml:20:55: .*1 part is too few for 2 WANs/,
    ],
    [
      'a dead man that has no rule to set back',
      20,
      '    setup:\n      strategy: pcc\n      deadMan: true',
      /^f\.yaml:22:16: .*have steering rules to set back$/,
    ],
  ])('is refused in a set-up, with its line: %s', async (_, line, text, problem) => {
    const wan = (n: number, gateway: string, hosts: string): string[] => [
      `      - name: ISP${n}`,
      `        interface: ether${n}`,
      '        capacity: { rx: 20M, tx: 5M }',
      `        routingMark: to-${n}`,
      `        gateway: ${gateway}`,
      `        probeHosts: [${hosts}]`,
    ];
    const setUp = [
      ...lines.slice(0, 7),
      ...wan(1, '198.51.100.1', '9.9.9.9, 1.1.1.1'),
      ...wan(2, '203.0.113.1', '8.8.8.8, 1.0.0.1'),
      '    setup:',
      '      lanNetworks: [192.168.88.0/24]',
    ];
    expect(await check({}, setUp)).toEqual([]);
    expect(await check({ [line]: text }, setUp)).toEqual([expect.stringMatching(problem)]);
  });

  it.each(['observe', 'armed'])('may have weights, in the mode %s', async (mode) => {
    expect(await check({ 5: `    mode: ${mode}`, 20: '        kind: weights' })).toEqual([]);
  });

  it.each(['weights', 'headroom, denominator: 10'])(
    'may have %s with the rules for them, and a dead man',
    async (kind) => {
      const wans = lines.slice(7, 15).flatMap((line) => {
        const n = /routingMark: to-(\d)/.exec(line)?.[1];
        return n === undefined
          ? line
          : [line, `        gateway: 198.51.100.${n}`, `        probeHosts: [9.9.9.${n}, 8.8.8.${n}]`];
      });
      const given = [
        ...[...lines.slice(0, 7), ...wans, `    steering: { policy: { kind: ${kind} } }`, '    setup:'],
        ...['      strategy: pcc', '      deadMan: true', '      lanNetworks: [192.168.88.0/24]'],
      ];
      expect(await check({}, given)).toEqual([]);
      // Nothing is written, so that what the rules are need not fit.
      expect(await check({ 5: '    mode: observe', 22: '      strategy: nth', 23: '' }, given)).toEqual([]);
    },
  );

  it('needs a part for each WAN', async () => {
    const third = [
      '- name: ISP3',
      '  interface: ether3',
      '  capacity: { rx: 5M, tx: 1M }',
      '  routingMark: to-3',
    ];
    const given = { 16: third.map((line) => `      ${line}`).join('\n') };
    expect(await check({ ...given, 20: '        kind: weights\n        denominator: 2' })).toEqual([
      expect.stringMatching(/^f\.yaml:24:22: .*2 parts are too few for 3 WANs$/),
    ]);
  });

  it('needs two WANs', async () => {
    const without = Object.fromEntries([12, 13, 14, 15, 16, 27, 29].map((line) => [line, '']));
    expect(await check(without)).toEqual([expect.stringMatching(/^f\.yaml:17:5: .*two WANs or more$/)]);
  });
});

describe('IPv6 in the configuration', () => {
  const refused = async (
    ipv6: string,
    setup: string,
    wans: readonly [string, string],
  ): Promise<readonly string[]> => {
    const given = [
      'routers:',
      '  - name: gw1',
      '    site: depot',
      '    address: 192.0.2.1',
      '    api: { user: u, password: p }',
      '    wans:',
      `      - { name: ISP1, interface: ether1, capacity: { rx: 50M, tx: 10M }, routingMark: to-1, gateway: 192.0.2.9, probeHosts: [9.9.9.9, 1.1.1.1]${wans[0]} }`,
      `      - { name: ISP2, interface: ether2, capacity: { rx: 50M, tx: 10M }, routingMark: to-2, gateway: 192.0.2.17, probeHosts: [8.8.8.8, 1.0.0.1]${wans[1]} }`,
      `    steering: { ${ipv6} }`,
      `    setup: { lanNetworks: [192.168.88.0/24]${setup} }`,
    ];
    return check({}, given);
  };
  const lan = ', ipv6: { lanNetworks: [fd00:1::/48] }';
  const both = [', ipv6: { gateway: "fe80::1%ether1" }', ', ipv6: { gateway: ether2 }'] as const;

  it('is left alone unless it is switched on, and steered with an answer for the addresses', async () => {
    expect(await refused('', '', ['', ''])).toEqual([]);
    expect(await refused('ipv6: { translation: masquerade }', lan, both)).toEqual([]);
    const prefixes = [
      ', ipv6: { gateway: "fe80::1%ether1", prefix: "2001:db8:1::/48" }',
      ', ipv6: { gateway: "2001:db8:2::1", prefix: "2001:db8:2::/48" }',
    ] as const;
    expect(await refused('ipv6: { translation: netmap }', lan, prefixes)).toEqual([]);
    const own = ', ipv6: { lanNetworks: ["2001:db8:77::/48"] }';
    expect(await refused('ipv6: { translation: none }', own, prefixes)).toEqual([]);
  });

  it.each<[string, string, string, readonly [string, string]]>([
    ['translation: say what becomes of the addresses of clients', 'ipv6: {}', lan, both],
    ['setup.ipv6: IPv6 is steered only where steering.ipv6', '', lan, both],
    ['ipv6.lanNetworks', 'ipv6: { translation: masquerade }', '', both],
    ['needs ipv6.gateway of every WAN', 'ipv6: { translation: masquerade }', lan, [both[0], '']],
    [
      'a link-local one with %ether2',
      'ipv6: { translation: masquerade }',
      lan,
      [both[0], both[0].replace('::1', '::2')],
    ],
    [
      'is fd00:1::/48 meant',
      'ipv6: { translation: masquerade }',
      ', ipv6: { lanNetworks: ["FD00:1:0::5/48"] }',
      both,
    ],
    [
      'netmap needs the prefix of every WAN, as long as fd00:1::/48',
      'ipv6: { translation: netmap }',
      lan,
      both,
    ],
    ['fd00:1::/48 is carried by no provider', 'ipv6: { translation: none }', lan, both],
    [
      '2001:db8:1:1::/64 is of one provider, and dropped by the others',
      'ipv6: { translation: none }',
      ', ipv6: { lanNetworks: ["2001:db8:1:1::/64"] }',
      [', ipv6: { gateway: ether1, prefix: "2001:db8:1::/48" }', both[1]],
    ],
    [
      'the policy weights has one for each part',
      'policy: { kind: weights }, ipv6: { translation: masquerade }',
      `${lan}, strategy: pcc`,
      both,
    ],
    ['with the strategy balance only', 'ipv6: { translation: masquerade }', `${lan}, strategy: pcc`, both],
  ])('is refused: %s', async (why, ipv6, setup, wans) => {
    expect((await refused(ipv6, setup, wans)).join('\n')).toContain(why);
  });
});
