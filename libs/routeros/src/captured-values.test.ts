import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capturesFolder } from '@fairlead/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';
import { parseCounter, parseFlag } from './property-values.ts';

const captures = capturesFolder();
const rest = join(captures.path, 'api/rest_chr_7.20');
const napalm = join(captures.path, 'api/napalm');

type Row = Readonly<Record<string, string>>;

/** Replies as text: one of the two recordings holds values that its client had converted. */
function rowsOf(file: string): Row[] {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const body: unknown = isRecord(parsed) && 'data' in parsed ? parsed['data'] : parsed;
  const rows: unknown[] = Array.isArray(body) ? body : [body];
  return rows
    .filter(isRecord)
    .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const filesIn = (folder: string, pattern: RegExp): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name));

describe('values of recorded replies', () => {
  let rows: Row[] = [];
  beforeEach((ctx) => {
    if (!captures.met) return ctx.skip(captures.reason);
    rows = [...filesIn(rest, /\.json$/), ...filesIn(napalm, /(?:^|\/)_[^/]*print\.json$/)].flatMap(rowsOf);
  });

  const values = (...names: string[]): string[] => {
    const found = rows.flatMap((row) => names.flatMap((name) => (name in row ? [row[name] ?? ''] : [])));
    expect(found.length).toBeGreaterThan(0);
    return found;
  };

  it.each([
    'running',
    'disabled',
    'dynamic',
    'active',
    'inactive',
    'connect',
    'ecmp',
    'static',
    'vlan-filtering',
  ])('%s is always a flag', (name) => {
    for (const text of values(name)) expect(parseFlag(text), text).toBe(text === 'true');
  });

  it.each([
    ...['rx', 'tx'].flatMap((way) => [`${way}-byte`, `${way}-packet`, `${way}-drop`, `fp-${way}-byte`]),
    'link-downs',
    'free-memory',
    'total-memory',
  ])('%s is always a counter', (name) => {
    for (const text of values(name)) expect(parseCounter(text)).toBe(BigInt(text));
  });

  it.each(['name', 'type', 'mac-address', 'last-link-up-time', 'comment'])(
    '%s is never taken for one',
    (name) => {
      for (const text of values(name)) {
        expect([parseFlag(text), parseCounter(text), parseDuration(text)]).toEqual([
          undefined,
          undefined,
          undefined,
        ]);
      }
    },
  );

  it.each([
    ['1w4d23h26m9s', ((11 * 24 + 23) * 3_600 + 26 * 60 + 9) * 1_000],
    ['1m30s', 90_000],
    ['8w6d6h18m17s', ((62 * 24 + 6) * 3_600 + 18 * 60 + 17) * 1_000],
  ])('the uptime %s is %d ms', (text, ms) => {
    expect(values('uptime')).toContain(text);
    expect(parseDuration(text)).toBe(ms);
  });

  it('every duration is one, and auto is none', () => {
    for (const text of values('uptime', 'age', 'ageing-time', 'max-message-age')) {
      expect(parseDuration(text), text).toBeGreaterThan(0);
    }
    expect(values('arp-timeout').map(parseDuration)).toEqual(values('arp-timeout').map(() => undefined));
  });

  it('says what NAPALM makes of the same replies', () => {
    const folder = join(napalm, 'test_get_interfaces_counters/normal');
    const expected = JSON.parse(readFileSync(join(folder, 'expected_result.json'), 'utf8')) as Record<
      string,
      Record<string, number>
    >;
    const interfaces = rowsOf(join(folder, '_interface_print.json'));
    expect(interfaces.length).toBeGreaterThan(2);
    for (const { name = '', ...row } of interfaces) {
      expect(Number(parseCounter(row['rx-byte'])), name).toBe(expected[name]?.['rx_octets']);
      expect(Number(parseCounter(row['tx-byte'])), name).toBe(expected[name]?.['tx_octets']);
      expect(Number(parseCounter(row['rx-packet'])), name).toBe(expected[name]?.['rx_unicast_packets']);
    }
    const facts = join(napalm, 'test_get_facts/pc');
    const [resource] = rowsOf(join(facts, '_system_resource_print.json'));
    const { uptime } = JSON.parse(readFileSync(join(facts, 'expected_result.json'), 'utf8')) as {
      uptime: number;
    };
    expect(parseDuration(resource?.['uptime'] ?? '')).toBe(uptime * 1_000);
  });

  it('reads the round trips that a console printed', () => {
    const file = join(captures.path, 'api/cli_ntc/ping/mikrotik_routeros_ping_address.raw');
    const times = readFileSync(file, 'utf8').match(/\d+ms/g) ?? [];
    expect(times.slice(0, 4).map(parseDuration)).toEqual([157, 64, 60, 65]);
  });
});
