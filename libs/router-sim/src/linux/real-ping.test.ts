import { requirement, until } from '@fairlead/testkit';
import { describe, expect, it } from 'vitest';
import type { PingAnswer } from '../kernel/ping.ts';
import { type MarkedPing, parsePingLine, startPing } from './real-ping.ts';

it.each([
  ['64 bytes from 9.9.9.9: icmp_seq=2 ttl=55 time=12.3 ms', { seq: 2, answer: { rttMs: 12.3, ttl: 55 } }],
  ['no answer yet for icmp_seq=3', { seq: 3, answer: { status: 'timeout' } }],
  ['From 10.1.0.1 icmp_seq=1 Destination Net Unreachable', { seq: 1, answer: { status: 'net unreachable' } }],
  [
    'From 10.1.0.2 icmp_seq=7 Destination Host Unreachable',
    { seq: 7, answer: { status: 'host unreachable' } },
  ],
  ['3 packets transmitted, 0 received, 100% packet loss, time 1027ms', undefined],
])('reads %s', (line, expected) => {
  expect(parsePingLine(line)).toEqual(expected);
});

describe('a ping with the program of the system', () => {
  const need = requirement('ping');
  const toLoopback: MarkedPing = {
    ...{ address: '127.0.0.1', count: 3, intervalMs: 10, sizeBytes: 56 },
    ...{ mark: 0, interface: undefined },
  };

  interface Running {
    readonly answers: readonly PingAnswer[];
    readonly isOver: () => boolean;
    readonly stop: () => void;
  }

  function ping(changes: Partial<MarkedPing>): Running {
    const answers: PingAnswer[] = [];
    let isOver = false;
    const stop = startPing(
      { ...toLoopback, ...changes },
      { answered: (answer) => answers.push(answer), ended: () => (isOver = true) },
    );
    return { answers, isOver: () => isOver, stop };
  }

  it('tells of each probe once, and of the end', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const { answers, isOver } = ping({});
    await until('the end', isOver);
    expect(answers).toEqual([1, 2, 3].map(() => ({ rttMs: expect.any(Number) as number, ttl: 64 })));
  });

  it('tells of probes that nobody answers', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const { answers, isOver } = ping({ address: '192.0.2.1', interface: 'lo' });
    await until('the end', isOver);
    expect(answers).toEqual([1, 2, 3].map(() => ({ status: 'timeout' })));
  });

  it('tells of probes that cannot be sent', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const { answers, isOver } = ping({ interface: 'no-such-port' });
    await until('the end', isOver);
    expect(answers).toEqual([1, 2, 3].map(() => ({ status: 'no route to host' })));
  });

  it('says nothing more once it is stopped', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const endless = ping({ count: undefined });
    await until('an answer', () => endless.answers.length > 0);
    endless.stop();
    const { length } = endless.answers;
    const later = ping({});
    await until('the end of a later one', later.isOver);
    expect(endless.answers).toHaveLength(length);
    expect(endless.isOver()).toBe(false);
  });
});
