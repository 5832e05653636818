import { describe, expect, it } from 'vitest';
import { read, said, type Said } from '../testing/parsed.ts';

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
