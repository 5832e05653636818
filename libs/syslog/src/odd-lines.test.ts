import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { read } from '../testing/parsed.ts';
import { readSyslog } from './index.ts';

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
