import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSyslogText, type ParsedMessage, readSyslog, toIsoTime } from './index.ts';

interface Said extends Partial<Omit<ParsedMessage, 'time' | 'topics' | 'structuredData'>> {
  readonly timestamp?: string;
}

const encoder = new TextEncoder();
const read = (line: string | Uint8Array, isRouter = false): ParsedMessage =>
  readSyslog(decodeSyslogText(typeof line === 'string' ? encoder.encode(line) : line), { isRouter });

/** All that a message says, but for topics and structured data; a year that is missing is 2026, a zone UTC. */
function said(parsed: ParsedMessage): Said {
  const { time, topics: _topics, structuredData: _data, ...rest } = parsed;
  const timestamp = time && toIsoTime(time, { yearOf: () => 2026, offsetMinutesOf: () => 0 });
  return timestamp === undefined ? rest : { ...rest, timestamp };
}

const pri13 = { facility: 1, severity: 5 };
const timestamp = '2026-10-11T22:14:15Z';

describe('RFC 3164 as it is really written', () => {
  const host = { format: 'rfc3164', ...pri13, timestamp, hostname: 'host' } as const;
  it.each<[line: string, expected: Said]>([
    ['<13>Oct 11 22:14:15 host app: text', { ...host, appName: 'app', message: 'text' }],
    [
      '<13>Oct 11 2026 22:14:15 host app[7]: text',
      { ...host, appName: 'app', processId: '7', message: 'text' },
    ],
    ['<13>2026 Oct 11 22:14:15 host app: text', { ...host, appName: 'app', message: 'text' }],
    ['<13>Oct 11 22:14:15 UTC host app: text', { ...host, appName: 'app', message: 'text' }],
    ['<13>OCT 11 22:14:15 host app[]: text', { ...host, appName: 'app', message: 'text' }],
    [
      '<13>Oct 11 22:14:15 host last message repeated 3 times',
      { ...host, message: 'last message repeated 3 times' },
    ],
    ['<13>Oct 11 22:14:15 host', { ...host, message: '' }],
    ['<13>Oct 11 22:14:15', { format: 'rfc3164', ...pri13, timestamp, message: '' }],
    // A local socket's message has no host name.
    [
      '<13>Oct 11 22:14:15 app[7]: text',
      { format: 'rfc3164', ...pri13, timestamp, appName: 'app', processId: '7', message: 'text' },
    ],
    [
      '<13>Oct 11 22:14:15 2001:db8::1 app: text',
      { ...host, hostname: '2001:db8::1', appName: 'app', message: 'text' },
    ],
    [
      '<13>Oct 11 22:14:15 fe80:: app: text',
      { ...host, hostname: 'fe80::', appName: 'app', message: 'text' },
    ],
    [
      '<13>Oct  1 2:14:15 host app: text',
      { ...host, timestamp: '2026-10-01T02:14:15Z', appName: 'app', message: 'text' },
    ],
    // What is no time of any day is not said; the rest is.
    [
      '<13>Oct 11 24:00:00 host app: text',
      { format: 'rfc3164', ...pri13, hostname: 'host', appName: 'app', message: 'text' },
    ],
    [
      '<13>Feb 30 12:00:00 host app: text',
      { format: 'rfc3164', ...pri13, hostname: 'host', appName: 'app', message: 'text' },
    ],
    [
      '<13>Oct 11 23:59:60 host app: text',
      { ...host, timestamp: '2026-10-11T23:59:60Z', appName: 'app', message: 'text' },
    ],
    [
      '<13>2026-10-11T22:14:15.25+02:00 host app: text',
      { ...host, timestamp: '2026-10-11T22:14:15.25+02:00', appName: 'app', message: 'text' },
    ],
    [
      '2026-10-11T22:14:15Z host app: text',
      { format: 'rfc3164', timestamp, hostname: 'host', appName: 'app', message: 'text' },
    ],
    [
      'Oct 11 22:14:15 host app: text',
      { format: 'rfc3164', timestamp, hostname: 'host', appName: 'app', message: 'text' },
    ],
    // 192 is no priority, and what stands behind it is read all the same.
    [
      '<192>Oct 11 22:14:15 host app: text',
      { format: 'rfc3164', timestamp, hostname: 'host', appName: 'app', message: 'text' },
    ],
    ['<999>text', { format: 'unparsed', message: '<999>text' }],
    ['<13>', { format: 'rfc3164', ...pri13, message: '' }],
    ['<13>text', { format: 'rfc3164', ...pri13, message: 'text' }],
  ])('%s', (line, expected) => {
    expect(said(read(line))).toEqual(expected);
  });
});

describe('Cisco', () => {
  const link = { appName: '%LINK-3-UPDOWN', message: 'Interface Gi0/1, changed state to up' };
  const head = { format: 'rfc3164', facility: 23, severity: 3 } as const;
  it.each<[line: string, expected: Said]>([
    ['<187>45: *Mar  1 00:00:12.345: ', { ...head, ...link, timestamp: '2026-03-01T00:00:12.345Z' }],
    ['<187>000045: Mar  1 18:48:50.483 UTC: ', { ...head, ...link, timestamp: '2026-03-01T18:48:50.483Z' }],
    [
      '<187>45: gw.example: .Mar  1 00:00:12: ',
      { ...head, ...link, timestamp: '2026-03-01T00:00:12Z', hostname: 'gw.example' },
    ],
    [
      '<187>45: gw: 000046: Mar  1 2024 00:00:12 CET: ',
      { ...head, ...link, timestamp: '2024-03-01T00:00:12Z', hostname: 'gw' },
    ],
    ['<187>Jul 12 2023 10:00:00: ', { ...head, ...link, timestamp: '2023-07-12T10:00:00Z' }],
    [
      '<187>Jul 12 2023 10:00:00 fw01 : ',
      { ...head, ...link, timestamp: '2023-07-12T10:00:00Z', hostname: 'fw01' },
    ],
    ['<187>', { ...head, ...link }],
  ])('%s%%LINK-3-UPDOWN', (start, expected) => {
    const parsed = read(`${start}%LINK-3-UPDOWN: Interface Gi0/1, changed state to up`);
    expect(said(parsed)).toEqual(expected);
    const number = /^<187>(\d+):/.exec(start)?.[1];
    expect(parsed.structuredData).toEqual(
      number === undefined ? undefined : [{ element: 'cisco', name: 'sequence', value: number }],
    );
  });
});

describe('RFC 5424 at its edges', () => {
  const format = 'rfc5424';
  const host = { format, ...pri13, hostname: 'h', appName: 'a' } as const;
  it.each<[line: string, expected: Said]>([
    ['<13>1 - - - - - -', { format, ...pri13, message: '' }],
    ['<13>1 - - - - -', { format, ...pri13, message: '' }],
    ['<13>1 - - - - - - \u{feff}text', { format, ...pri13, message: 'text' }],
    ['<13>1 2026-10-11T22:14:15Z h a - - - text', { ...host, timestamp, message: 'text' }],
    [
      '<13>1 2026-10-11T22:14:15Z fe80::1 a 1 %&/() - text',
      { ...host, hostname: 'fe80::1', processId: '1', messageId: '%&/()', timestamp, message: 'text' },
    ],
    ['<13>1 2026-10-11T24:00:00Z h a - - - text', { ...host, message: 'text' }],
    [
      '<13>1 2026-10-11T23:59:60.5-00:30 h a - - - text',
      { ...host, timestamp: '2026-10-11T23:59:60.5-00:30', message: 'text' },
    ],
    // The header is whole; what is wrong with the structured data is kept as text.
    ['<13>1 2026-10-11T22:14:15Z h a - - [x y="z text', { ...host, timestamp, message: '[x y="z text' }],
    ['<13>1 2026-10-11T22:14:15Z h a - - [x y="z"]text', { ...host, timestamp, message: '[x y="z"]text' }],
    ['<13>1 2026-10-11T22:14:15Z h a - - text', { ...host, timestamp, message: 'text' }],
    [
      '<13>1 - first second third fourth fifth',
      { format: 'rfc3164', ...pri13, message: '1 - first second third fourth fifth' },
    ],
  ])('%s', (line, expected) => {
    expect(said(read(line))).toEqual(expected);
  });

  it('bounds what structured data can become', () => {
    const many = (count: number): string => Array.from({ length: count }, (_, i) => ` p${i}="v"`).join('');
    expect(read(`<13>1 - h a - - [x${many(1_024)}] text`).structuredData).toHaveLength(1_024);
    expect(read(`<13>1 2026-10-11T22:14:15Z h a - - [x${many(1_100)}] text`).structuredData).toBeUndefined();
    expect(
      read(`<13>1 2026-10-11T22:14:15Z h a - - [${'x'.repeat(200)} a="b"] text`).structuredData,
    ).toBeUndefined();
  });
});

describe('RouterOS where its identity has spaces, and of today', () => {
  it('is known by the identity that the inventory has', () => {
    const line = '<30>Oct 11 22:14:15 My Router ether1 link down';
    expect(readSyslog(line, { isRouter: true, identity: 'My Router' })).toMatchObject({
      hostname: 'My Router',
      event: { kind: 'link-down', interface: 'ether1' },
    });
    const withTopics = '<30>Oct 11 22:14:15 My Router interface,info ether1 link down';
    expect(readSyslog(withTopics, { isRouter: true, identity: 'My Router' })).toMatchObject({
      hostname: 'My Router',
      topics: ['interface', 'info'],
      message: 'ether1 link down',
    });
  });

  it('prints a time without a date', () => {
    expect(read('17:36:35 interface,info ether1 link down')).toEqual({
      format: 'routeros-print',
      topics: ['interface', 'info'],
      message: 'ether1 link down',
      event: { kind: 'link-down', interface: 'ether1' },
    });
    expect(read('17:36:35 it is').format).toBe('unparsed');
  });

  it('says who changed the configuration, in the old and the new words', () => {
    const by = (text: string): unknown => read(`system,info mangle rule changed by ${text}`).event;
    const change = { kind: 'configuration-change', subject: 'mangle rule', action: 'changed' };
    expect(by('admin')).toEqual({ ...change, by: 'admin', user: 'admin' });
    expect(by('scheduler:night')).toEqual({ ...change, by: 'scheduler:night' });
    for (const text of [
      'ssh:admin@10.0.0.1',
      'winbox-3.40/tcp-msg(winbox):admin@10.0.0.1',
      'api:admin@10.0.0.1/action:2',
    ]) {
      expect(by(text)).toEqual({ ...change, by: text, user: 'admin', address: '10.0.0.1' });
    }
    expect(by('ssh:admin@2001:db8::1')).toEqual({
      ...change,
      by: 'ssh:admin@2001:db8::1',
      user: 'admin',
      address: '2001:db8::1',
    });
  });

  it('names the highest level of a script, and the marks of a packet', () => {
    expect(read('script,error,debug x').event).toEqual({ kind: 'script', level: 'error' });
    expect(
      read(
        'firewall,info prerouting: in:ether1 out:(unknown 0), packet-mark:pm connection-state:new proto 2, 10.0.0.1->224.0.0.1, len 32',
      ).event,
    ).toMatchObject({ packetMark: 'pm', connectionState: 'new', protocol: '2' });
  });
});

describe('bytes that are no text', () => {
  it('become text, and do not end it', () => {
    expect(read(Uint8Array.of(0x3c, 0x31, 0x3e, 0x61, 0xff, 0, 0x62, 0x0d, 0x0a)).message).toBe(
      'a\u{fffd}\0b',
    );
    expect(read(new Uint8Array(0))).toEqual({ format: 'unparsed', topics: [], message: '' });
    expect(read(`<13>${'x'.repeat(1_000_000)}`).message).toHaveLength(1_000_000);
  });
});

describe('any line', () => {
  const piece = fc.constantFrom(
    ...[
      '<13>',
      '<192>',
      '1 ',
      '- ',
      '45: ',
      '*Mar  1 00:00:12: ',
      '2026-10-11T22:14:15Z ',
      'Oct 11 22:14:15 ',
      'host ',
      'app[1]: ',
    ],
    ...[
      '%SYS-5-X: ',
      '[a b="c"]',
      '[',
      ']',
      '"',
      '\\',
      'CEF:0|a|b|c|d|system,info|f|',
      'msg=',
      'interface,info ',
      'ether1 link down',
    ],
    ...[
      'firewall,info ',
      'input: in:a out:b, ',
      'proto TCP (SYN), ',
      '1.2.3.4:1->',
      '[::1]:2',
      ', NAT (',
      ', len 40',
      'user ',
      ' from ',
      ' via ',
    ],
    ...[
      ' by ',
      ' (',
      ')',
      ': ',
      ' logged in, ',
      ' logged out, 1 2 3 4 5',
      ' authentication failed',
      ' offering lease ',
      ': connected',
      ' ',
      '\0',
      '\n',
      '\u{feff}',
      '\u{fffd}',
    ],
  );
  const line = fc.array(fc.oneof({ weight: 6, arbitrary: piece }, fc.string({ maxLength: 8 })), {
    maxLength: 24,
  });
  it('is read without an error, and nothing absent is said', () => {
    fc.assert(
      fc.property(
        line,
        fc.boolean(),
        fc.option(fc.constantFrom('host', 'My Router'), { nil: undefined }),
        (pieces, isRouter, identity) => {
          const text = pieces.join('');
          const parsed = readSyslog(text, { isRouter, identity });
          for (const value of Object.values(parsed)) expect(value).not.toBeUndefined();
          expect(parsed.message.length).toBeLessThanOrEqual(text.length);
          expect(parsed.facility === undefined).toBe(parsed.severity === undefined);
          if (parsed.facility !== undefined) expect(parsed.facility).toBeLessThanOrEqual(23);
        },
      ),
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 3_000) },
    );
  });

  it('costs no more than its length', () => {
    fc.assert(
      fc.property(piece, piece, piece, (a, b, c) => {
        const long = `${a}${`${b}${c}`.repeat(Math.ceil(60_000 / (b.length + c.length)))}${a}`;
        // For a pattern that backtracks this would take longer than any test may.
        expect(read(long).message.length).toBeLessThanOrEqual(long.length);
      }),
      { numRuns: 300 },
    );
  });
});
