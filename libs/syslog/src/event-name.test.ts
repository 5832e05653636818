import { describe, expect, it } from 'vitest';
import { readSyslog, type RouterosEvent } from './index.ts';

const eventOf = (line: string, interfaces?: readonly string[]): RouterosEvent | undefined =>
  readSyslog(line, { isRouter: false, interfaces: interfaces && new Set(interfaces) }).event;
const interfaceOf = (text: string, interfaces?: readonly string[]): unknown => {
  const event = eventOf(`interface,info ${text} link down`, interfaces);
  return event && 'interface' in event ? event.interface : undefined;
};

describe('a name with ": " in it', () => {
  it.each([
    ['ether1: uplink', 'ether1: uplink'],
    ['sfp-sfpplus2: A <> B: 10G', 'sfp-sfpplus2: A <> B: 10G'],
    ['<pppoe-ann: home>', '<pppoe-ann: home>'],
    ['WAN 1: fibre', 'WAN 1: fibre'],
    // What is one word and called like no interface is the prefix of a logging rule.
    ['north: ether1', 'ether1'],
    ['north: ether1: uplink', 'ether1: uplink'],
    ['north: a: b', 'a: b'],
    ['a:b', 'a:b'],
  ])('%s', (text, name) => {
    expect(interfaceOf(text)).toBe(name);
  });

  it('is told from a prefix by the interfaces of the router', () => {
    expect(interfaceOf('isp: fibre', ['isp: fibre'])).toBe('isp: fibre');
    expect(interfaceOf('ether1: fibre', ['fibre'])).toBe('fibre');
    expect(interfaceOf('isp: fibre', ['other'])).toBe('fibre');
  });

  it('is of a client of DHCP, its server, or what was changed', () => {
    expect(eventOf('dhcp,info client1 on ether1: fibre got IP address 192.0.2.4')).toMatchObject({
      client: 'client1',
      interface: 'ether1: fibre',
    });
    expect(eventOf('dhcp,info vlan20: guests assigned 10.0.0.9 for 02:00:5E:10:00:09 phone')).toMatchObject({
      server: 'vlan20: guests',
      hostname: 'phone',
    });
    expect(eventOf('system,info north: dhcp client changed by ann')).toMatchObject({
      subject: 'dhcp client',
    });
  });

  it('is not believed of a stranger without topics, whose words may be of any program', () => {
    const stranger = (text: string): unknown => eventOf(`<4>Oct  2 17:36:35 host ${text}`);
    expect(stranger('kernel: e1000e: eth0: link up')).toBeUndefined();
    expect(stranger('kernel: e1000e: port one link up')).toBeUndefined();
    expect(stranger('ether1: uplink link up')).toMatchObject({ interface: 'ether1: uplink' });
  });
});

describe('an offer that nobody took', () => {
  it('names the server, the address and the client', () => {
    expect(eventOf('dhcp,warning lan offering lease 10.0.0.9 for 02:00:5E:10:00:09 without success')).toEqual(
      { kind: 'dhcp-offer-unanswered', server: 'lan', address: '10.0.0.9', mac: '02:00:5E:10:00:09' },
    );
  });
});
