import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, parts } from '../testing/parsed.ts';

const FAILED_LOGIN = 'login failure for user guest from 192.168.88.17 via ssh';
const encoder = new TextEncoder();

describe('the RouterOS default format', () => {
  it.each([
    ['system,error,critical', FAILED_LOGIN],
    ['interface,info', 'ether2 link up (speed 1G, full duplex)'],
    ['interface,info', 'ether1 link down'],
    ['system,info,account', 'user admin logged in from 10.1.101.212 via winbox'],
    ['system,error,critical', 'login failure for user  from 192.168.33.2 via web'],
    ['system,info', 'mangle rule changed by admin'],
    ['dhcp,info', 'defconf assigned 192.168.88.37 for B0:E4:5C:27:EF:F2 Samsung'],
    [
      'firewall,info',
      'drop-in input: in:ether1-WAN out:(unknown 0), connection-state:new src-mac 00:17:10:88:bc:02, proto TCP (SYN), 1.2.3.4:59388->5.6.7.8:23, len 40',
    ],
    ['netwatch,info', 'event up [ type: simple, host: 8.8.8.8 ]'],
    ['script,warning', 'anything'],
    ['pppoe,ppp,info', 'pppoe-out1: terminating...'],
    ['dns,packet', '--- got query from 192.168.88.10:53'],
  ])('%s %s', (topics, message) => {
    expect(parts(parse(`${topics} ${message}`))).toEqual({
      format: 'routeros-default',
      topics: topics.split(','),
      message,
    });
  });

  it('may have an empty message', () => {
    expect(parts(parse('script,info'))).toEqual({
      format: 'routeros-default',
      topics: ['script', 'info'],
      message: '',
    });
  });

  it.each(['info something happened', 'apples,pears are not topics', 'firewall,apples no', ',, no'])(
    'is not %j',
    (text) => {
      expect(parts(parse(text))).toEqual({ format: 'unparsed', message: text });
    },
  );
});

describe('the BSD format', () => {
  it('of RouterOS has no topics, and no tag', () => {
    expect(parts(parse(`<27>Oct  2 17:36:35 MikroTik ${FAILED_LOGIN}`, 'gw1'))).toEqual({
      format: 'rfc3164',
      facility: 3,
      severity: 3,
      hostname: 'MikroTik',
      message: FAILED_LOGIN,
    });
  });

  it('of a router keeps what only looks like a tag', () => {
    const text = '<30>Oct  2 17:36:35 gw pppoe-out1: connected';
    expect(parse(text, 'gw1')).toMatchObject({ appName: undefined, message: 'pppoe-out1: connected' });
    expect(parse(text, '')).toMatchObject({ appName: undefined, message: 'pppoe-out1: connected' });
    const other = '<30>Oct  2 17:36:35 gw wan2: connected';
    expect(parse(other, 'gw1')).toMatchObject({ appName: undefined, message: 'wan2: connected' });
    expect(parse(other, '')).toMatchObject({ appName: 'wan2', message: 'connected' });
  });

  it('of some RouterOS versions has topics', () => {
    expect(parts(parse(`<30>Oct  2 17:36:35 gw system,info,account user admin logged in`))).toEqual({
      format: 'rfc3164',
      facility: 3,
      severity: 6,
      hostname: 'gw',
      topics: ['system', 'info', 'account'],
      message: 'user admin logged in',
    });
  });

  it('has a name with spaces where topics show its end, and else its first word', () => {
    const named = parse(`<30>Oct  2 17:36:35 Kirnak main gw system,info rebooted`);
    expect(named).toMatchObject({
      hostname: 'Kirnak main gw',
      topics: ['system', 'info'],
      message: 'rebooted',
    });
    const unclear = parse(`<30>Oct  2 17:36:35 Kirnak main gw rebooted`);
    expect(unclear).toMatchObject({ hostname: 'Kirnak', topics: [], message: 'main gw rebooted' });
  });

  it('does not take topics out of the middle of a message', () => {
    const message = 'login failure for user system,error from 192.0.2.9 via ssh';
    expect(parse(`<27>Oct  2 17:36:35 gw ${message}`, 'gw1')).toMatchObject({
      hostname: 'gw',
      topics: [],
      message,
    });
  });

  it('may have an ISO time, which is complete only with a zone', () => {
    const at = (time: string): bigint | undefined => parse(`<30>${time} gw up`).deviceTimeMs;
    expect(at('2024-10-02T17:36:35+03:00')).toBe(BigInt(Date.parse('2024-10-02T14:36:35Z')));
    expect(at('2024-10-02T17:36:35.250Z')).toBe(BigInt(Date.parse('2024-10-02T17:36:35.250Z')));
    expect(at('2024-10-02T17:36:35-0330')).toBe(BigInt(Date.parse('2024-10-02T21:06:35Z')));
    expect(at('2024-10-02T17:36:35')).toBeUndefined();
    expect(at('Oct  2 17:36:35')).toBeUndefined();
  });

  it('may lack its PRI, as in a file that a relay wrote', () => {
    expect(parts(parse('Oct  2 17:36:35 gw what was sent', 'gw1'))).toEqual({
      format: 'rfc3164',
      hostname: 'gw',
      message: 'what was sent',
    });
  });

  it.each(['Feb 31 10:00:00', 'Oct 00 10:00:00', '2024-02-30T10:00:00Z', '2024-01-01T24:00:00Z'])(
    'has no time at %s, but what follows it',
    (time) => {
      expect(parts(parse(`<30>${time} gw up`))).toEqual({
        format: 'rfc3164',
        facility: 3,
        severity: 6,
        hostname: 'gw',
        message: 'up',
      });
    },
  );

  it('reads what Debian logger sends', () => {
    expect(parts(parse('<13>Nov 20 19:03:11 host1 root: wan-1 is flapping'))).toEqual({
      format: 'rfc3164',
      facility: 1,
      severity: 5,
      hostname: 'host1',
      appName: 'root',
      message: 'wan-1 is flapping',
    });
  });
});

describe('/log print', () => {
  it('with detail, whatever is quoted', () => {
    expect(
      parts(parse(String.raw` 3 time=jul/19/2024 14:27:01 topics=script,info message="say \"hi\" \\ bye" `)),
    ).toEqual({ format: 'routeros-print', topics: ['script', 'info'], message: 'say "hi" \\ bye' });
  });

  it.each(['jul/19 14:27:01', '2024-07-19 14:27:01'])('as a list, at %s', (time) => {
    expect(parts(parse(`${time} interface,info lte1 link up`))).toEqual({
      format: 'routeros-print',
      topics: ['interface', 'info'],
      message: 'lte1 link up',
    });
  });
});

describe('any other text', () => {
  it.each(['', 'hello', '<192>no such PRI', '<>', '{"json": true}', '<1'])('%j is kept whole', (text) => {
    expect(parts(parse(text))).toEqual({ format: 'unparsed', message: text });
  });

  it('with a PRI is its message', () => {
    expect(parts(parse('<27>xapi: gone'))).toEqual({
      format: 'rfc3164',
      facility: 3,
      severity: 3,
      appName: 'xapi',
      message: 'gone',
    });
  });

  it('loses line ends and a closing zero, and nothing else', () => {
    expect(parse('script,info  two  spaces \r\n\0').message).toBe(' two  spaces ');
  });

  it('that is not UTF-8 is kept with replacement characters', () => {
    expect(parse(Uint8Array.of(0x68, 0xe4, 0x21)).message).toBe('h\ufffd!');
  });

  it('never makes the parser throw or stall', () => {
    const piece = fc.constantFrom(
      '<13>',
      '1 ',
      'Oct  2 17:36:35 ',
      '2024-10-02T17:36:35Z ',
      '[a "',
      '\\',
      ']',
      ',',
    );
    const text = fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }).map((all) => all.join(''));
    fc.assert(
      fc.property(
        fc.oneof(
          text.map((t) => encoder.encode(t)),
          fc.uint8Array({ maxLength: 2_000 }),
        ),
        (datagram) => {
          expect(parse(datagram).timeMs).toBe(1_700_000_000_000);
        },
      ),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 500) },
    );
  });

  it('of the worst kind takes no longer than its length', () => {
    for (const text of [`<1>1 - - - - - ${'["'.repeat(30_000)}`, `<1>1 - - - - - ${'[a]'.repeat(20_000)}x`]) {
      expect(parse(text).format).toBe('rfc3164');
    }
  });
});
