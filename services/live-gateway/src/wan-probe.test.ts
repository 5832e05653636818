import { describe, expect, it } from 'vitest';
import { type ProbeRound, roundsAfter, summariseRounds } from './wan-probe.ts';

/** What the rounds say together after these samples, one each two seconds. */
function after(...samples: readonly { readonly probeLoss?: number; readonly probeRttMs?: number }[]) {
  let rounds: readonly ProbeRound[] = [];
  for (const [i, sample] of samples.entries()) rounds = roundsAfter(rounds, { timeMs: i * 2_000, ...sample });
  return summariseRounds(rounds, (samples.length - 1) * 2_000, 2_000);
}
const answered = { probeLoss: 0, probeRttMs: 12 };
const lost = { probeLoss: 1 };

describe('latency and loss of a WAN', () => {
  it('are those of the last five rounds together', () => {
    expect(after(answered, lost)).toEqual({ loss: 0.5, rttMs: 12 });
    expect(after(lost, lost, lost, ...Array.from({ length: 5 }, () => answered))).toEqual({
      loss: 0,
      rttMs: 12,
    });
    const slow = { probeLoss: 0.5, probeRttMs: 42 };
    expect(after(answered, slow)).toEqual({ loss: 0.25, rttMs: 22 });
  });

  it('stay as they are while samples bring no round', () => {
    expect(after(answered, {}, {})).toEqual({ loss: 0, rttMs: 12 });
  });

  it('are not known without rounds, nor when the last one is long over; all lost has no latency', () => {
    expect(after({}, {})).toEqual({ loss: null, rttMs: null });
    expect(after(answered, ...Array.from({ length: 7 }, () => ({})))).toEqual({ loss: 0, rttMs: 12 });
    expect(after(answered, ...Array.from({ length: 8 }, () => ({})))).toEqual({ loss: null, rttMs: null });
    expect(after(lost)).toEqual({ loss: 1, rttMs: null });
  });
});
