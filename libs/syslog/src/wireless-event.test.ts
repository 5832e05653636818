import { describe, expect, it } from 'vitest';
import { readSyslog, type RouterosEvent } from './index.ts';

const eventOf = (line: string): RouterosEvent | undefined => readSyslog(line, { isRouter: false }).event;
const mac = '02:00:5E:10:00:0A';

describe('a station', () => {
  it.each<[text: string, event: RouterosEvent]>([
    [
      `wireless,info ${mac}@wlan1: connected, signal strength -61`,
      { kind: 'wireless-connected', mac, interface: 'wlan1', signalDbm: -61 },
    ],
    [`wireless,info ${mac}@wlan1: connected`, { kind: 'wireless-connected', mac, interface: 'wlan1' }],
    [
      `wireless,info attic: ${mac}@wlan1-guest: disconnected, received deauth: class 3 frame received (7) `,
      {
        kind: 'wireless-disconnected',
        mac,
        interface: 'wlan1-guest',
        reason: 'received deauth: class 3 frame received (7)',
      },
    ],
    [
      `wireless,info ${mac}@wifi2(Café (5)) disconnected, connection lost, signal strength -88`,
      {
        kind: 'wireless-disconnected',
        mac,
        interface: 'wifi2',
        ssid: 'Café (5)',
        reason: 'connection lost',
        signalDbm: -88,
      },
    ],
    [
      `caps,info ${mac}@cap-1 disconnected, signal strength 91`,
      { kind: 'wireless-disconnected', mac, interface: 'cap-1' },
    ],
    [
      `wifi,info ${mac}@wifi1(home) roamed to ${mac}@wifi2(home), signal strength -59`,
      {
        kind: 'wireless-roamed',
        mac,
        interface: 'wifi1',
        ssid: 'home',
        toInterface: 'wifi2',
        toSsid: 'home',
        signalDbm: -59,
      },
    ],
    [
      `<30>Oct  2 17:36:35 gw ${mac}@wlan1: connected`,
      { kind: 'wireless-connected', mac, interface: 'wlan1' },
    ],
  ])('%s', (line, event) => {
    expect(eventOf(line)).toEqual(event);
  });

  it.each([`${mac}@wlan1: attempts to associate`, `${mac} connected`, `system,info ${mac}@wlan1: connected`])(
    'is not seen in %s',
    (text) => {
      expect(eventOf(text)).toBeUndefined();
    },
  );
});

describe('a reboot', () => {
  it.each([
    ['system,info router rebooted', { wasShutDown: 'yes' }],
    ['system,info router rebooted by ssh:ann@192.0.2.9', { wasShutDown: 'yes', by: 'ssh:ann@192.0.2.9' }],
    ['system,error,critical router was rebooted without proper shutdown', { wasShutDown: 'no' }],
    [
      'system,error,critical router rebooted without proper shutdown, probably power outage',
      { wasShutDown: 'no', reason: 'probably power outage' },
    ],
    [
      'system,error,critical router was rebooted without proper shutdown by watchdog timer',
      { wasShutDown: 'no', reason: 'watchdog timer' },
    ],
    [
      '<27>Oct  2 17:36:35 gw System rebooted because of kernel failure',
      { wasShutDown: 'no', reason: 'kernel failure' },
    ],
  ])('%s', (line, event) => {
    expect(eventOf(line)).toEqual({ kind: 'rebooted', ...event });
  });

  it('is not what a script says', () => {
    expect(eventOf('script,info router rebooted')).toEqual({ kind: 'script', level: 'info' });
    expect(eventOf('system,info router rebooted itself')).toBeUndefined();
  });
});
