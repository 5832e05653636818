import { describe, expect, it } from 'vitest';
import { createConfigTable, type Properties } from '../config/config-table.ts';
import { bandwidthBasedRules } from '../config/mangle-rules.ts';
import { mangleToNft } from './mangle-to-nft.ts';

const site = {
  addressList: (name: string) =>
    ({ LAN: ['192.168.88.0/24'], Connected: ['192.168.88.0/24', '10.1.0.0/24'] })[name] ?? [],
  wanInterfaces: ['ether1', 'ether2'],
};
const translate = (...rules: readonly Properties[]): string[] =>
  mangleToNft(createConfigTable(rules).items(), site)
    .text.split('\n')
    .filter((line) => line.startsWith('add rule') && !line.includes('masquerade'));

describe('mangle rules as nftables rules', () => {
  it('are those of the presentation, in their order, with a counter each', () => {
    const wans = [
      { interface: 'ether1', routingMark: 'ISP1_Route' },
      { interface: 'ether2', routingMark: 'ISP2_Route' },
    ];
    const rules = createConfigTable(bandwidthBasedRules(wans, 'Load-Balancing here')).items();
    const { text, routingMarks, connectionMarks } = mangleToNft(rules, site);
    expect([...routingMarks]).toEqual([
      ['ISP1_Route', 1],
      ['ISP2_Route', 2],
    ]);
    const lan = connectionMarks.get('LAN->WAN');
    const steering = rules.find(({ properties }) => properties['comment'] === 'Load-Balancing here');
    expect(text).toContain(
      `add rule inet router prerouting ip saddr { 192.168.88.0/24 } ct mark ${lan} counter name "rule_${steering?.id.slice(1)}" meta mark set 1\n`,
    );
    expect(text).toContain(
      `add rule inet router prerouting ip saddr { 192.168.88.0/24, 10.1.0.0/24 } ip daddr { 192.168.88.0/24, 10.1.0.0/24 } counter name "rule_1" accept\n`,
    );
    expect(text.match(/^add rule inet router (?!srcnat)/gm)).toHaveLength(rules.length);
  });

  it('spread connections by a classifier or in turn', () => {
    const mark = { chain: 'prerouting', action: 'mark-connection', 'new-connection-mark': 'a' };
    expect(
      translate(
        { ...mark, 'per-connection-classifier': 'both-addresses-and-ports:3/2' },
        { ...mark, nth: '2,1', passthrough: 'false' },
      ),
    ).toEqual([
      'add rule inet router prerouting jhash ip saddr . ip daddr . th sport . th dport mod 3 seed 1 == 2 counter name "rule_1" ct mark set 1',
      'add rule inet router prerouting numgen inc mod 2 == 0 counter name "rule_2" ct mark set 1 accept',
    ]);
  });

  it('jump to chains of their own', () => {
    const rules = createConfigTable([
      { chain: 'prerouting', action: 'jump', 'jump-target': 'turns' },
      { chain: 'turns', action: 'accept' },
    ]).items();
    expect(mangleToNft(rules, site).text).toContain(
      'add rule inet router prerouting counter name "rule_1" jump own_1\nadd rule inet router own_1 counter name "rule_2" accept\n',
    );
  });

  it('leave out what is disabled, and match nothing by an empty list', () => {
    expect(
      translate(
        { chain: 'prerouting', action: 'accept', disabled: 'true' },
        { chain: 'prerouting', action: 'accept', 'src-address-list': 'nobody' },
      ),
    ).toEqual(['add rule inet router prerouting ip saddr 255.255.255.255 counter name "rule_2" accept']);
  });

  it.each([
    { chain: 'prerouting', action: 'mark-packet', 'new-packet-mark': 'x' },
    { chain: 'prerouting', action: 'mark-routing' },
    { chain: 'prerouting', action: 'jump' },
    { chain: 'prerouting', action: 'accept', 'layer7-protocol': 'x' },
    { chain: 'prerouting', action: 'accept', nth: 'x' },
  ])('refuse what they cannot express: %o', (properties: Properties) => {
    expect(() => translate(properties)).toThrow(/^mangle rule \*1: /);
  });
});
