import { describe, expect, it } from 'vitest';
import { matchesQuery } from './query.ts';
import { ApiTrap } from './traps.ts';

const ether1 = { name: 'ether1', type: 'ether', running: 'true', mtu: '1500', comment: 'a=b' };

describe('matchesQuery', () => {
  it.each([
    [[], true],
    [['?name'], true],
    [['?parent'], false],
    [['?constructor'], false],
    [['?-parent'], true],
    [['?-name'], false],
    [['?name=ether1'], true],
    [['?=name=ether1'], true],
    [['?name=ether2'], false],
    [['?parent=x'], false],
    [['?comment=a=b'], true],
    [['?running=yes'], true],
    [['?>mtu=900'], true],
    [['?<mtu=900'], false],
    [['?name=ether1', '?type=vlan'], false],
    [['?name=ether2', '?type=ether', '?#|'], true],
    [['?name=ether1', '?type=vlan', '?#&'], false],
    [['?name=ether2', '?#!'], true],
    [['?name=ether2', '?type=vlan', '?#|!'], true],
    [['?name=ether1', '?type=vlan', '?#0'], false],
    [['?name=ether1', '?type=vlan', '?#1'], true],
    [['?name=ether1', '?type=vlan', '?#1.||'], true],
    [['?name=ether2', '?#.!|'], true],
  ])('%j on an ethernet port: %s', (words, expected) => {
    expect(matchesQuery(words, ether1)).toBe(expected);
  });

  it.each([[['?#!']], [['?name', '?#&']], [['?name', '?#5']], [['?name', '?#x']]])('refuses %j', (words) => {
    expect(() => matchesQuery(words, ether1)).toThrow(ApiTrap);
  });
});
