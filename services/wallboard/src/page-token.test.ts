import { expect, it } from 'vitest';
import { takePageToken } from './page-token.ts';

function bench() {
  const kept = new Map<string, string>();
  const addresses: string[] = [];
  const memory = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const history = {
    replaceState: (_data: unknown, _title: string, address?: string | URL | null) =>
      void addresses.push(String(address)),
  };
  const take = (hash: string) => takePageToken({ hash, pathname: '/', search: '?kiosk=1' }, history, memory);
  return { take, addresses };
}

it('a token comes from behind the address, is gone from it, and is remembered when the page loads again', () => {
  const { take, addresses } = bench();
  expect(take('')).toBeUndefined();
  expect(take('#t=flt_00000000_abc-DEF')).toBe('flt_00000000_abc-DEF');
  expect(addresses).toEqual(['/?kiosk=1']);
  expect(take('')).toBe('flt_00000000_abc-DEF');
  expect(take('#t=flt_11111111_x')).toBe('flt_11111111_x');
});

it('what is no token is left where it is', () => {
  const { take, addresses } = bench();
  expect(take('#main')).toBeUndefined();
  expect(take('#t=<script>')).toBeUndefined();
  expect(addresses).toEqual([]);
});
