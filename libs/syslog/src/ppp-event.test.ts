import { describe, expect, it } from 'vitest';
import { readSyslog, type RouterosEvent } from './index.ts';

const eventOf = (line: string): RouterosEvent | undefined => readSyslog(line, { isRouter: true }).event;
const withoutTopics = (text: string): RouterosEvent | undefined =>
  readSyslog(`<30>Oct  2 17:36:35 gw ${text}`, { isRouter: false }).event;

describe('a session of the PPP server', () => {
  it.each<[line: string, event: RouterosEvent]>([
    [
      'pppoe,ppp,info,account ann logged in, 10.20.0.7 from 02:00:5E:10:00:07',
      {
        kind: 'ppp-logged-in',
        service: 'pppoe',
        user: 'ann',
        address: '10.20.0.7',
        caller: '02:00:5E:10:00:07',
      },
    ],
    [
      'pptp,ppp,info,account ann lee logged in, 10.20.0.8',
      { kind: 'ppp-logged-in', service: 'pptp', user: 'ann lee', address: '10.20.0.8' },
    ],
    [
      'ovpn,info,account a logged in, b logged in, 2001:db8::7 from 192.0.2.9',
      {
        kind: 'ppp-logged-in',
        service: 'ovpn',
        user: 'a logged in, b',
        address: '2001:db8::7',
        caller: '192.0.2.9',
      },
    ],
    [
      'l2tp,ppp,info,account ann logged out, 3725 1048576 20971520 2000 18000 from 192.0.2.9',
      {
        kind: 'ppp-logged-out',
        service: 'l2tp',
        user: 'ann',
        ...{ sessionSeconds: 3725, rxBytes: 1048576, txBytes: 20971520, rxPackets: 2000, txPackets: 18000 },
        caller: '192.0.2.9',
      },
    ],
    [
      'sstp,ppp,info,account ann logged out, 1 2 3 4 5',
      {
        kind: 'ppp-logged-out',
        service: 'sstp',
        user: 'ann',
        ...{ sessionSeconds: 1, rxBytes: 2, txBytes: 3, rxPackets: 4, txPackets: 5 },
      },
    ],
    [
      'pppoe,ppp,error <0010>: user ann authentication failed',
      { kind: 'ppp-authentication-failed', service: 'pppoe', user: 'ann', caller: '0010' },
    ],
    [
      'sstp,ppp,error : user ann authentication failed - radius timeout',
      { kind: 'ppp-authentication-failed', service: 'sstp', user: 'ann', reason: 'radius timeout' },
    ],
    [
      'l2tp,ppp,info <l2tp-ann>: authenticated',
      { kind: 'ppp-authenticated', service: 'l2tp', interface: '<l2tp-ann>' },
    ],
    [
      'sstp,ppp,info north: home: terminating... - peer disconnected',
      { kind: 'ppp-terminating', service: 'sstp', interface: 'home', reason: 'peer disconnected' },
    ],
    ['pppoe,ppp,info pppoe-out1: initializing...', { kind: 'pppoe-initializing', interface: 'pppoe-out1' }],
  ])('%s', (line, event) => {
    expect(eventOf(line)).toEqual(event);
  });

  it('is seen without topics, where the service is known by the name of the interface only', () => {
    expect(withoutTopics('ann logged in, 10.20.0.7 from 192.0.2.9')).toEqual({
      kind: 'ppp-logged-in',
      user: 'ann',
      address: '10.20.0.7',
      caller: '192.0.2.9',
    });
    expect(withoutTopics('<ovpn-ann>: connected')).toMatchObject({ kind: 'ppp-connected', service: 'ovpn' });
    expect(withoutTopics('<0010>: user ann authentication failed')).toMatchObject({ user: 'ann' });
  });

  it.each([
    'ann logged in, hello',
    'ann logged out, 1 2 3',
    'mail: user ann authentication failed',
    'pool: connected',
  ])('is not seen in %j', (text) => {
    expect(withoutTopics(text)).toBeUndefined();
  });

  it('is no login to the router, and a login no session', () => {
    expect(eventOf('ppp,info,account user ann logged in, 10.0.0.1')).toMatchObject({ kind: 'ppp-logged-in' });
    expect(eventOf('system,info,account ann logged in, 10.0.0.1 from 192.0.2.9')).toBeUndefined();
  });
});
