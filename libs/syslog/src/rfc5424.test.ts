import { describe, expect, it } from 'vitest';
import { parse, parts, read, said, type Said } from '../testing/parsed.ts';

const pri13 = { facility: 1, severity: 5 };
const timestamp = '2026-10-11T22:14:15Z';

describe('RFC 5424', () => {
  it('is read with its structured data', () => {
    const text =
      '<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 ID47 [origin ip="a\\"]b" ip="\\\\c\\d"][x@1] \u{feff}%% time';
    expect(parts(parse(text.replace(']b', '\\]b')))).toEqual({
      format: 'rfc5424',
      facility: 20,
      severity: 5,
      deviceTimeMs: BigInt(Date.parse('2003-08-24T12:14:15Z')),
      hostname: '192.0.2.1',
      appName: 'myproc',
      processId: '8710',
      messageId: 'ID47',
      structuredData: [
        { element: 'origin', name: 'ip', value: 'a"]b' },
        { element: 'origin', name: 'ip', value: '\\c\\d' },
        { element: 'x@1', name: '', value: '' },
      ],
      message: '%% time',
    });
  });

  it('may say nothing at all', () => {
    expect(parts(parse('<1>1 - - - - - -'))).toEqual({
      format: 'rfc5424',
      facility: 0,
      severity: 1,
      message: '',
    });
  });

  it('may be longer than any receiver must accept', () => {
    const message = 'x'.repeat(15_000);
    expect(parse(`<1>1 - - - - - - ${message}`).message).toBe(message);
  });

  it.each(['[a', '[a b]', '[a b="c]', '[a b=c] x', '[a]x', 'no data', '[]'])(
    'without well-formed structured data is text: %s',
    (data) => {
      expect(parse(`<1>1 - - - - - ${data}`)).toMatchObject({
        format: 'rfc3164',
        message: `1 - - - - - ${data}`,
      });
    },
  );
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
