import { describe, expect, it } from 'vitest';
import { createHostCheck } from './host-check.ts';

const check = createHostCheck(['Wall.example.net', 'noc.example.org']);

describe('the host that a request names', () => {
  it.each([
    '127.0.0.1:8080',
    '192.0.2.7',
    '[::1]:8080',
    'localhost:8080',
    'a.localhost',
    'wall.example.net:8080',
    'WALL.example.net',
    'noc.example.org',
  ])('may be %s', (host) => {
    expect(check(host)).toBe(true);
  });

  it.each([
    undefined,
    '',
    'evil.example:8080',
    'wall.example.net.evil.example',
    'evil-localhost',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'user@evil.example',
    'a b',
  ])('may not be %s', (host) => {
    expect(check(host)).toBe(false);
  });
});
