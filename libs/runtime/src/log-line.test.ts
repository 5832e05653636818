import { expect, it } from 'vitest';
import { readableLogLine } from './log-line.ts';

const line = (entry: object): string =>
  readableLogLine(JSON.stringify({ level: 40, time: '2026-11-21T23:02:17.235Z', ...entry })).slice(9);

it('says level, service, what happened and the particulars', () => {
  const entry = {
    service: 'routeros-collector',
    router: 'gw',
    failures: 1,
    ports: [1, 2],
    msg: 'router could not be read',
  };
  expect(line(entry)).toBe(
    'warn  routeros-collector: router could not be read; router=gw; failures=1; ports=[1,2]\n',
  );
});

it('says the message of an error, and not where in the code it came from', () => {
  const err = { type: 'Error', message: 'login refused', stack: 'Error: login refused\n    at say' };
  expect(line({ err, msg: 'cannot write' })).toBe('warn  cannot write; login refused\n');
});

it('lets text of a router not steer the terminal', () => {
  expect(line({ msg: 'a\u001b[2Jb\nc' })).toBe('warn  a·[2Jb·c\n');
});

it('gives back what is no object', () => {
  expect(readableLogLine('plain\n')).toBe('plain\n');
});
