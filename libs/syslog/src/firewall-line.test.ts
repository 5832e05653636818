import { describe, expect, it } from 'vitest';
import { readSyslog, type RouterosEvent } from './index.ts';

const MAC = 'B0:E4:5C:27:EF:F2';

/** What a line says with topics, and without them as in the BSD format. */
const withTopics = (text: string): RouterosEvent | undefined =>
  readSyslog(`firewall,info ${text}`, { isRouter: true }).event;
const withoutTopics = (text: string): RouterosEvent | undefined =>
  readSyslog(`<30>Oct  2 17:36:35 gw ${text}`, { isRouter: false }).event;

describe.each<[text: string, event: RouterosEvent]>([
  [
    `drop-in input: in:ether1-WAN out:(unknown 0), connection-state:new src-mac ${MAC}, proto TCP (SYN), 1.2.3.4:59388->5.6.7.8:23, len 40`,
    {
      kind: 'firewall',
      prefix: 'drop-in',
      chain: 'input',
      inInterface: 'ether1-WAN',
      outInterface: '(unknown 0)',
      connectionState: 'new',
      srcMac: MAC,
      protocol: 'TCP',
      tcpFlags: 'SYN',
      srcAddress: '1.2.3.4',
      srcPort: 59388,
      dstAddress: '5.6.7.8',
      dstPort: 23,
      lengthBytes: 40,
    },
  ],
  [
    'forward: in:WAN out:LAN, proto UDP, [2001:db8::1]:17850->[2001:db8::2]:51413, len 112',
    {
      kind: 'firewall',
      chain: 'forward',
      inInterface: 'WAN',
      outInterface: 'LAN',
      protocol: 'UDP',
      srcAddress: '2001:db8::1',
      srcPort: 17850,
      dstAddress: '2001:db8::2',
      dstPort: 51413,
      lengthBytes: 112,
    },
  ],
  [
    'out a b postrouting: in:<pppoe-bob smith> out:WAN 2, connection-mark:isp1 connection-state:established,snat proto TCP (ACK,PSH), 192.168.88.10:50000->8.8.8.8:443, NAT (192.168.88.10:50000->1.2.3.4:50001)->8.8.8.8:443, prio 2->0, len 60',
    {
      kind: 'firewall',
      prefix: 'out a b',
      chain: 'postrouting',
      inInterface: '<pppoe-bob smith>',
      outInterface: 'WAN 2',
      connectionMark: 'isp1',
      connectionState: 'established',
      connectionNatState: 'snat',
      protocol: 'TCP',
      tcpFlags: 'ACK,PSH',
      srcAddress: '192.168.88.10',
      srcPort: 50000,
      dstAddress: '8.8.8.8',
      dstPort: 443,
      natSrcAddress: '1.2.3.4',
      natSrcPort: 50001,
      priority: '2->0',
      lengthBytes: 60,
    },
  ],
  [
    'dstnat: in:WAN out:(unknown 0), connection-state:new,dnat proto ICMP (type 8, code 0), 192.0.2.9->203.0.113.1, NAT 192.0.2.9->(203.0.113.1->10.0.0.2), len 84',
    {
      kind: 'firewall',
      chain: 'dstnat',
      inInterface: 'WAN',
      outInterface: '(unknown 0)',
      connectionState: 'new',
      connectionNatState: 'dnat',
      protocol: 'ICMP',
      icmpType: 8,
      icmpCode: 0,
      srcAddress: '192.0.2.9',
      dstAddress: '203.0.113.1',
      natDstAddress: '10.0.0.2',
      lengthBytes: 84,
    },
  ],
])('%s', (text, event) => {
  it('is a firewall line with topics and without them', () => {
    expect(withTopics(text)).toEqual(event);
    expect(withoutTopics(text)).toEqual(event);
  });
});

const drop = { kind: 'firewall', chain: 'input', inInterface: 'ether1' };
const tail = 'proto TCP (SYN), 192.0.2.9:40000->198.51.100.1:22, len 60';

describe('the prefix of a firewall line', () => {
  it.each([
    ['A|r7| input: in:ether1 out:(unknown 0), ', { ...drop, prefix: 'A|r7|' }],
    ['A|r7|input: in:ether1 out:(unknown 0), ', { ...drop, prefix: 'A|r7|' }],
    ['[guests] out|input: in:ether1 out:(unknown 0), ', { ...drop, prefix: '[guests] out|' }],
    ['0-site: input: in:ether1 out:(unknown 0), ', { ...drop, prefix: '0-site' }],
    ['0-site: drop input: in:ether1 out:(unknown 0), ', { ...drop, prefix: '0-site: drop' }],
    ['drop: drop input: in:ether1 out:(unknown 0), ', { ...drop, prefix: 'drop' }],
    ['to.inet: in:ether1 out:(none), ', { ...drop, chain: 'to.inet', outInterface: '(none)' }],
  ])('is told from the chain in %j', (start, expected) => {
    const event = withTopics(start + tail);
    expect(event).toMatchObject(expected);
    expect('prefix' in (event ?? {})).toBe('prefix' in expected);
  });
});

describe('a firewall line', () => {
  it('may name no way out, and end in spaces', () => {
    expect(withTopics(`input: in:ether1, ${tail}  `)).toEqual({
      ...drop,
      protocol: 'TCP',
      tcpFlags: 'SYN',
      ...{ srcAddress: '192.0.2.9', srcPort: 40000, dstAddress: '198.51.100.1', dstPort: 22 },
      lengthBytes: 60,
    });
  });

  it('may come in by the port of a bridge, whatever its name', () => {
    expect(withTopics(`input: in:bridge(wifi 1: guests, 2) out:br-wan, ${tail}`)).toMatchObject({
      inInterface: 'bridge(wifi 1: guests, 2)',
      outInterface: 'br-wan',
    });
  });

  it.each([
    'input: in:a out:b, proto TCP, somewhere->elsewhere, len 4',
    'input: in:a out:b, proto TCP, 1.2.3.4:1->5.6.7.8:2, len 40 and more',
  ])('is not %j', (text) => {
    expect(withTopics(text)).toBeUndefined();
    expect(withoutTopics(text)).toBeUndefined();
  });
});
