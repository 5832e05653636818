import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSyslog, type RouterosEvent } from './index.ts';

/** What a line says with topics; without them, as in the BSD format, it says the same unless `topicsOnly`. */
function eventOf(topics: string, text: string): RouterosEvent | undefined {
  return readSyslog(`${topics} ${text}`, { isRouter: true }).event;
}

function eventWithoutTopics(text: string): RouterosEvent | undefined {
  return readSyslog(`<30>Oct  2 17:36:35 gw ${text}`, { isRouter: false }).event;
}

const MAC = 'B0:E4:5C:27:EF:F2';

describe.each<[topics: string, text: string, event: RouterosEvent]>([
  ['interface,info', 'ether1 link down', { kind: 'link-down', interface: 'ether1' }],
  ['interface,info', 'lte1 link up', { kind: 'link-up', interface: 'lte1' }],
  [
    'interface,info',
    'WAN 1 (fibre) link up (speed 1G, full duplex)',
    { kind: 'link-up', interface: 'WAN 1 (fibre)', speed: '1G', duplex: 'full' },
  ],
  [
    'system,info,account',
    'user admin logged in from 10.1.101.212 via winbox',
    { kind: 'login-success', user: 'admin', address: '10.1.101.212', via: 'winbox' },
  ],
  [
    'system,info,account',
    'user a b logged out from 2001:db8::1 via rest-api',
    { kind: 'logout', user: 'a b', address: '2001:db8::1', via: 'rest-api' },
  ],
  [
    'system,info,account',
    'user admin logged in via local',
    { kind: 'login-success', user: 'admin', via: 'local' },
  ],
  [
    'system,error,critical',
    'login failure for user admin from 192.168.33.2 via web',
    { kind: 'login-failure', user: 'admin', address: '192.168.33.2', via: 'web' },
  ],
  [
    'system,error,critical',
    'login failure for user  from 192.168.33.2 via web',
    { kind: 'login-failure', user: '', address: '192.168.33.2', via: 'web' },
  ],
  [
    'system,error,critical',
    `login failure for user admin from ${MAC} via mac-winbox`,
    { kind: 'login-failure', user: 'admin', address: MAC, via: 'mac-winbox' },
  ],
  [
    'system,error,critical',
    'login failure for user admin via local',
    { kind: 'login-failure', user: 'admin', via: 'local' },
  ],
  [
    'dhcp,info',
    `defconf assigned 192.168.88.37 for ${MAC} Samsung TV`,
    {
      kind: 'dhcp-lease-assigned',
      server: 'defconf',
      address: '192.168.88.37',
      mac: MAC,
      hostname: 'Samsung TV',
    },
  ],
  [
    'dhcp,info',
    `dhcp1 deassigned 192.168.88.37 from ${MAC}`,
    { kind: 'dhcp-lease-deassigned', server: 'dhcp1', address: '192.168.88.37', mac: MAC },
  ],
  [
    'dhcp,info',
    'dhcp-client on lte1 got IP address 192.168.1.2',
    { kind: 'dhcp-client-bound', client: 'dhcp-client', interface: 'lte1', address: '192.168.1.2' },
  ],
  [
    'dhcp,info',
    'dhcp-client on ether1 lost IP address 192.0.2.4 - lease stopped locally',
    {
      kind: 'dhcp-client-lost',
      client: 'dhcp-client',
      interface: 'ether1',
      address: '192.0.2.4',
      reason: 'lease stopped locally',
    },
  ],
  [
    'pppoe,ppp,info',
    'pppoe-out1: terminating... - peer is not responding',
    { kind: 'pppoe-terminating', interface: 'pppoe-out1', reason: 'peer is not responding' },
  ],
  ['pppoe,ppp,info', '<pppoe-bob>: connected', { kind: 'pppoe-connected', interface: '<pppoe-bob>' }],
  [
    'netwatch,info',
    'event down [ type: http_get, host: 8.8.8.8 ]',
    { kind: 'netwatch-down', type: 'http_get', host: '8.8.8.8' },
  ],
  [
    'netwatch,info',
    'event up [ type: simple, host: 8.8.8.8 ]',
    { kind: 'netwatch-up', type: 'simple', host: '8.8.8.8' },
  ],
  [
    'system,info',
    'mangle rule changed by admin',
    {
      kind: 'configuration-change',
      subject: 'mangle rule',
      action: 'changed',
      by: 'admin',
      user: 'admin',
    },
  ],
  [
    'system,info',
    'static dns entry added by scheduler:add-nas-dns (*2 = /ip dns static add address=192.0.2.1 name=nas)',
    {
      kind: 'configuration-change',
      subject: 'static dns entry',
      action: 'added',
      by: 'scheduler:add-nas-dns',
      items: '*2',
      command: '/ip dns static add address=192.0.2.1 name=nas',
    },
  ],
])('%s %s', (topics, text, event) => {
  it('is known with topics, without them, and behind the prefix of a logging rule', () => {
    expect(eventOf(topics, text)).toEqual(event);
    expect(eventWithoutTopics(text)).toEqual(event);
    expect(eventOf(topics, `north: ${text}`)).toEqual(event);
  });
});

describe('an event', () => {
  it('of a script is the message, whatever it says', () => {
    expect(eventOf('script,warning', 'ether1 link down')).toEqual({ kind: 'script', level: 'warning' });
  });

  it.each([
    ['dhcp,info', 'user admin logged in from 192.0.2.1 via ssh'],
    ['wireless,info', 'mangle rule changed by admin'],
    ['interface,info', 'login failure for user admin from 192.0.2.1 via ssh'],
    ['system,info', 'event up [ type: simple, host: 8.8.8.8 ]'],
    ['firewall,info', 'ether1 link down'],
  ])('is not taken from text of other topics: %s %s', (topics, text) => {
    expect(eventOf(topics, text)).toBeUndefined();
  });

  it.each(['sshd: connected', 'the link up there', 'user bob', 'login failure for user bob'])(
    'is not seen in %j',
    (text) => {
      expect(eventWithoutTopics(text)).toBeUndefined();
    },
  );

  it('ends a user name at the last "from" and "via", whatever the name is', () => {
    const name = fc.array(
      fc.oneof(fc.constantFrom(' from ', ' via ', '1.2.3.4', ' logged in', 'user ', '<13>'), fc.string()),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(
        name.map((parts) => parts.join('')),
        (user) => {
          const end = 'from 192.0.2.9 via ssh';
          const who = { user, address: '192.0.2.9', via: 'ssh' };
          expect(eventOf('system,error,critical', `login failure for user ${user} ${end}`)).toEqual({
            kind: 'login-failure',
            ...who,
          });
          expect(eventOf('system,info,account', `user ${user} logged in ${end}`)).toEqual({
            kind: 'login-success',
            ...who,
          });
        },
      ),
    );
  });

  it('of a lease is what the server wrote, whatever the client calls itself', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        const hostname = `${text} assigned 9.9.9.9 for 00:00:00:00:00:00 x`;
        expect(eventOf('dhcp,info', `lan assigned 192.0.2.4 for ${MAC} ${hostname}`)).toMatchObject({
          server: 'lan',
          address: '192.0.2.4',
          mac: MAC,
          hostname,
        });
      }),
    );
  });

  it('is looked for in time that grows with the length of the text', () => {
    const starts = [
      '',
      'user ',
      'login failure for user ',
      'a: in:b',
      'a added by b',
      'pppoe: connected - ',
      'a on b got IP address ',
    ];
    const pieces = [
      ' from ',
      ' via ',
      ' link up (',
      'a: in:a out:',
      ' a: in:',
      ' assigned 1 for ',
      ' (',
      ' by (',
      ': - ',
      ' a=a',
    ];
    for (const start of starts) {
      for (const piece of pieces) {
        const text = `${start}${piece.repeat(8_000)}\n`;
        expect(readSyslog(`<30>Oct  2 17:36:35 gw ${text}`, { isRouter: true }).message).toBe(text);
      }
    }
  });
});
