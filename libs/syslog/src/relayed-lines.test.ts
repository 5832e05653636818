import { describe, expect, it } from 'vitest';
import { decodeSyslogText, type ParsedMessage, readSyslog, toIsoTime } from './index.ts';

const read = (line: string, isRouter = false): ParsedMessage =>
  readSyslog(decodeSyslogText(new TextEncoder().encode(line)), { isRouter });
const timeOf = (line: string): string | undefined => {
  const { time } = read(line);
  return time && toIsoTime(time, { yearOf: () => 2026, offsetMinutesOf: () => 0 });
};

describe('a message of RouterOS that a relay wrote', () => {
  const event = { kind: 'link-down', interface: 'ether1' };
  const topics = ['interface', 'info'];
  it.each([
    '<30>1 2026-11-21T10:00:00Z gw interface,info - - - ether1 link down',
    '<30>1 2026-11-21T10:00:00Z gw - - - - interface,info ether1 link down',
    '<30>1 2026-11-21T10:00:00Z gw mikrotik - - - interface,info ether1 link down',
    '<30>Nov 21 10:00:00 gw interface,info: ether1 link down',
    '<30>Nov 21 10:00:00 gw mikrotik: interface,info ether1 link down',
    'Nov 21 10:00:00 gw 192.0.2.1[548]: interface,info ether1 link down',
    '2026-11-21T10:00:00Z gw interface,info ether1 link down  ',
  ])('has its topics and event in %s', (line) => {
    expect(read(line)).toMatchObject({ hostname: 'gw', topics, event });
    expect(read(line).message.trimEnd()).toBe('ether1 link down');
  });

  it('keeps the name of an application, and its own words', () => {
    expect(read('<30>1 2026-11-21T10:00:00Z gw app - - - ether1 link down')).toMatchObject({
      appName: 'app',
      topics: [],
      message: 'ether1 link down',
    });
    expect(read('<30>1 2026-11-21T10:00:00Z gw app - - - ether1 link down').event).toBeUndefined();
    expect(read('<30>1 2026-11-21T10:00:00Z gw app - - - ether1 link down', true).event).toEqual(event);
    expect(read('<30>1 2026-11-21T10:00:00Z gw - - - - ether1 link down').event).toEqual(event);
  });
});

describe('topics', () => {
  it('that are newer than RouterOS 7.22 are known by their severity', () => {
    expect(read('matter,info paired')).toMatchObject({ topics: ['matter', 'info'], message: 'paired' });
    expect(read('matter,lamp paired').topics).toEqual([]);
    expect(read('Matter,info paired').topics).toEqual([]);
  });

  it('may be one alone, of a router', () => {
    const line = 'dns query from 192.0.2.7: #1 example.org. A';
    expect(read(line, true)).toMatchObject({ format: 'routeros-default', topics: ['dns'] });
    expect(read(line)).toEqual({ format: 'unparsed', topics: [], message: line });
    expect(read('<30>dns query', true).topics).toEqual([]);
  });
});

describe('a time', () => {
  it.each([
    ['<13>Apr 15 21:28:13 2007 host app: text', '2007-04-15T21:28:13Z'],
    ['<13>Apr 15 21:28:13 host2007 app: text', '2026-04-15T21:28:13Z'],
    ['<13>\tApr 15 21:28:13 host app: text', '2026-04-15T21:28:13Z'],
    ['<13>Apr 15 21:28:13. host app: text', '2026-04-15T21:28:13Z'],
    ['<13>2006-11-10T10:43:21.15600000000000+01:00 host app: text', '2006-11-10T10:43:21.156000000+01:00'],
    ['<189>*Apr 15 2007 21:28:13: %SYS-5-X: text', '2007-04-15T21:28:13Z'],
    ['01-15 10:22:04 ovpn,info text', '2026-01-15T10:22:04Z'],
    ['13-15 10:22:04 ovpn,info text', undefined],
    ['10:22:04 ovpn,info text', undefined],
  ])('%j is %s', (line, expected) => {
    expect(timeOf(line)).toBe(expected);
    expect(read(line).message).toBe('text');
  });
});

describe('a tag', () => {
  it.each([
    ['<13>Oct 11 22:14:15 host app:text', { appName: 'app', message: 'text' }],
    ['<13>Oct 11 22:14:15 host app[7]:text', { appName: 'app', processId: '7', message: 'text' }],
    ['<13>Oct 11 22:14:15 host app[7] text', { appName: 'app', processId: '7', message: 'text' }],
    ['<13> app[7]: text', { appName: 'app', processId: '7', message: 'text' }],
    ['<190>31: host: %SYS-5-X: text', { appName: '%SYS-5-X', message: 'text', hostname: 'host' }],
    [
      '<38>Oct 11 22:14:15 Message forwarded from aix1: sshd[7]: text',
      { hostname: 'aix1', appName: 'sshd', processId: '7', message: 'text' },
    ],
  ])('is read in %j', (line, expected) => {
    expect(read(line)).toMatchObject(expected);
  });

  it.each([
    'http://example.org/ is down',
    'C:\\temp is full',
    'B0:E4:5C:27:EF:F2@wlan1: connected',
    'fe80::1 is a duplicate',
    ' text',
  ])('is not seen in %j', (message) => {
    expect(read(`<13>Oct 11 22:14:15 host ${message}`)).toMatchObject({ hostname: 'host', message });
    expect(read(`<13>Oct 11 22:14:15 host ${message}`).appName).toBeUndefined();
  });
});

describe('a login', () => {
  const eventOf = (line: string): unknown => read(line).event;
  it('may have no address, no service, or be refused before it begins', () => {
    expect(eventOf('system,info,account user ann logged out via api')).toEqual({
      kind: 'logout',
      user: 'ann',
      via: 'api',
    });
    expect(eventOf('system,error,critical login failure for user ann from 192.0.2.9')).toEqual({
      kind: 'login-failure',
      user: 'ann',
      address: '192.0.2.9',
    });
    expect(eventOf('system,error,critical denied winbox/dude connect from 192.0.2.9')).toEqual({
      kind: 'login-denied',
      address: '192.0.2.9',
      via: 'winbox/dude',
    });
  });
});

describe('a change', () => {
  const changeOf = (text: string): unknown => read(`system,info ${text}`).event;
  const change = { kind: 'configuration-change' };
  it.each([
    [
      'ppp secret <ann> changed by mac-msg(winbox):eve@02:00:5E:10:00:01/terminal/action:7 (/ppp secret set ann)',
      {
        ...change,
        ...{ subject: 'ppp secret <ann>', action: 'changed', user: 'eve', address: '02:00:5E:10:00:01' },
        by: 'mac-msg(winbox):eve@02:00:5E:10:00:01/terminal/action:7',
        command: '/ppp secret set ann',
      },
    ],
    [
      'changed script settings by scheduler:night/script:night/action:3 (/system script set night source="a (b',
      {
        ...change,
        ...{ subject: 'script settings', action: 'changed', by: 'scheduler:night/script:night/action:3' },
        command: '/system script set night source="a (b',
      },
    ],
    [
      'add file by api:bot@::/script:x (*0 = /file add name=x)',
      {
        ...change,
        ...{ subject: 'file', action: 'added', by: 'api:bot@::/script:x', user: 'bot', address: '::' },
        ...{ items: '*0', command: '/file add name=x' },
      },
    ],
    [
      'new script scheduled by ssh:bot@corp@192.0.2.9',
      {
        ...change,
        ...{ subject: 'new script', action: 'scheduled', by: 'ssh:bot@corp@192.0.2.9' },
        ...{ user: 'bot@corp', address: '192.0.2.9' },
      },
    ],
    [
      'log action changed by ann ()',
      { ...change, subject: 'log action', action: 'changed', by: 'ann', user: 'ann' },
    ],
  ])('%s', (text, event) => {
    expect(changeOf(text)).toEqual(event);
  });
});
