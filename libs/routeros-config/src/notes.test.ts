import { expect, it } from 'vitest';
import { readConfiguration } from './configuration.ts';
import { setupNotes } from './notes.ts';
import { readScript } from './read-script.ts';
import { site } from '../testing/sites.ts';

const notes = (text: string): string[] =>
  setupNotes(site(), readConfiguration(readScript(text)).configuration).filter((note) =>
    note.includes('IPv6'),
  );

it('says that IPv6 is not steered where there is any', () => {
  const told = [expect.stringMatching(/^the router has IPv6 addresses: IPv6 is not steered/)];
  expect(notes('/ipv6 address add address=2001:db8::1/64 interface=bridge')).toEqual(told);
  expect(notes('/ipv6 address add address=::1/64 from-pool=isp1 interface=bridge')).toEqual(told);
  expect(notes('/ipv6 address add address=fe80::1/64 interface=bridge')).toEqual([]);
  expect(notes('/ipv6 address add address=2001:db8::1/64 disabled=yes interface=bridge')).toEqual([]);
});
