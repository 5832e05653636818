import { Flow } from '@fairlead/model';
import { describe, expect, it } from 'vitest';
import { isImpossible, type PossibleFlows } from './impossible-flow.ts';

/** RouterOS: a port of 1 Gbit/s, active-flow-timeout 30 minutes. In that time it carries 225 GB. */
const gigabit: PossibleFlows = {
  maxInterfaceBps: 100_000_000_000,
  activeTimeoutMs: 1_800_000,
  speedOf: () => 1_000_000_000,
};

const flow = (fields: Partial<Flow>): Flow => ({
  ...Flow.decode(new Uint8Array()),
  samplingRate: 1,
  ...fields,
});

describe('a flow', () => {
  it.each([
    ['of 2 GB without a duration, as RouterOS exports a long download', { bytes: 2e9, startMs: 5, endMs: 5 }],
    ['that says a duration of 10 ms for what took minutes', { bytes: 5e9, startMs: 0, endMs: 10 }],
    ['of 4 GiB, where a 32-bit field ends', { bytes: 2 ** 32 - 1 }],
    ['at the full speed of its link', { bytes: 225e9 }],
    ['that lasted longer than the timeout', { bytes: 900e9, startMs: 0, endMs: 7_200_000 }],
    ['whose sampling rate makes a little more of it than there was', { bytes: 30e6, samplingRate: 10_000 }],
  ])('%s is possible', (_, fields) => {
    expect(isImpossible(flow(fields), gigabit)).toBe(false);
  });

  it.each([
    ['more than twice what its link carries in that time', { bytes: 451e9 }],
    ['so many by its sampling rate', { bytes: 46e6, samplingRate: 10_000 }],
    ['a 64-bit field that was read at a wrong place', { bytes: Number.MAX_SAFE_INTEGER }],
    ['more than fits into its hour', { bytes: 901e9, startMs: 0, endMs: 3_600_000 }],
  ])('%s is not', (_, fields) => {
    expect(isImpossible(flow(fields), gigabit)).toBe(true);
  });

  it('is held to the timeout that the routers have', () => {
    const minute = { ...gigabit, activeTimeoutMs: 60_000 };
    expect(isImpossible(flow({ bytes: 15e9 }), minute)).toBe(false);
    expect(isImpossible(flow({ bytes: 15.1e9 }), minute)).toBe(true);
  });

  it('between interfaces of unknown speed is held to the fastest interface', () => {
    const unknown = { ...gigabit, speedOf: () => undefined };
    expect(isImpossible(flow({ bytes: 22.5e12 }), unknown)).toBe(false);
    expect(isImpossible(flow({ bytes: 22.6e12 }), unknown)).toBe(true);
  });

  it('is not held to a speed that no line has, and not to more than the fastest', () => {
    const slow = { ...gigabit, speedOf: () => 64_000 };
    expect(isImpossible(flow({ bytes: 400e6 }), slow)).toBe(false);
    expect(isImpossible(flow({ bytes: 451e6 }), slow)).toBe(true);
    const fast = { ...gigabit, speedOf: () => 400_000_000_000 };
    expect(isImpossible(flow({ bytes: 22.6e12 }), fast)).toBe(true);
  });
});
