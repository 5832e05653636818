import { FlowDirection, inventorySchema, RateClock, type WanUtilisation } from '@fairlead/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spreadOverMinutes } from './flow-interval.ts';
import {
  type ComparedMinute,
  createReconciliation,
  type ReconciledFlow,
  type Reconciliation,
  type ReconciliationOptions,
} from './index.ts';

const inventory = inventorySchema.parse([
  {
    name: 'gw1',
    site: 'site',
    address: '192.0.2.1',
    snmp: { community: 'c' },
    wans: [{ name: 'ISP1', interface: 'ether1', capacity: { rx: '50M', tx: '10M' }, routingMark: 'a' }],
  },
]);

const START_MS = 1_700_000_040_000;
const minute = (number: number): number => START_MS + number * 60_000;
const options: ReconciliationOptions = {
  activeTimeoutMs: 60_000,
  slackMs: 30_000,
  sinceMs: START_MS,
  minimumBps: 100_000,
  minutes: 3,
  raiseAbove: 0.3,
  clearBelow: 0.2,
};
/** Of the counters, in each minute and both directions. */
const BYTES = 6_000_000;

const sample = (timeMs: number, bps = (BYTES * 8) / 60): WanUtilisation => ({
  timeMs,
  site: 'site',
  router: 'gw1',
  wan: 'ISP1',
  interface: 'ether1',
  rxBps: bps,
  txBps: bps,
  rxUtil: 0,
  txUtil: 0,
  intervalMs: 1_000,
  clock: RateClock.DEVICE,
  active: undefined,
  running: undefined,
});

const flow = (fields: Partial<ReconciledFlow>): ReconciledFlow => ({
  timeMs: minute(1),
  router: 'gw1',
  wan: 'ISP1',
  direction: FlowDirection.IN,
  bytes: BYTES,
  samplingRate: 1,
  startMs: undefined,
  endMs: undefined,
  ...fields,
});

/** The counters of the minutes [from, to), a sample each second. */
function count(reconciliation: Reconciliation, from: number, to: number, bps?: number): ComparedMinute[] {
  const compared: ComparedMinute[] = [];
  for (let ms = minute(from) + 1_000; ms <= minute(to); ms += 1_000) {
    compared.push(...reconciliation.addUtilisation(sample(ms, bps)));
  }
  return compared;
}

/**
 * Lets minutes pass whose download flows are these shares of the counters', and tells the changes of judgement.
 */
function judge(shares: readonly number[], bps?: number): string[] {
  const reconciliation = createReconciliation(inventory, options);
  const compared: ComparedMinute[] = [];
  for (const [i, share] of [...shares, 0, 0].entries()) {
    compared.push(...count(reconciliation, i, i + 1, bps));
    const times = { timeMs: minute(i + 1), startMs: minute(i), endMs: minute(i + 1) };
    for (const direction of [FlowDirection.IN, FlowDirection.OUT]) {
      const part = direction === FlowDirection.IN ? share : 1;
      if (part > 0) reconciliation.addFlow(flow({ ...times, direction, bytes: BYTES * part }));
    }
  }
  return compared.flatMap(({ minuteMs, direction, change }) =>
    change
      ? [`${(minuteMs - START_MS) / 60_000} ${direction} ${change.agreement} ${change.ratio.toFixed(2)}`]
      : [],
  );
}

describe('flows and counters', () => {
  it('are compared when no flow of the minute can be on its way any more', () => {
    const reconciliation = createReconciliation(inventory, options);
    reconciliation.addFlow(flow({ bytes: BYTES * 0.9 }));
    reconciliation.addFlow(flow({ bytes: 1_000, samplingRate: 3_000, direction: FlowDirection.OUT }));
    expect(count(reconciliation, 0, 2)).toEqual([]);
    const compared = count(reconciliation, 2, 3);
    expect(compared).toMatchObject([
      {
        router: 'gw1',
        site: 'site',
        wan: 'ISP1',
        direction: 'in',
        minuteMs: START_MS,
        flowBytes: BYTES * 0.9,
      },
      { direction: 'out', flowBytes: 3_000_000 },
    ]);
    expect(compared.map(({ ratio }) => Number(ratio.toFixed(3)))).toEqual([0.9, 0.5]);
    expect(reconciliation.addFlow(flow({}))).toBe('late');
  });

  it('agree where flows are a little below, as layer 3 is', () => {
    expect(judge([0.9, 0.85, 0.95, 0.9, 0.88, 0.9])).toEqual([]);
  });

  it('tell once that flows are missing, and once that they are back', () => {
    expect(judge([1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1])).toEqual([
      '3 in missing 0.67',
      '10 in reconciled 1.00',
    ]);
  });

  it('tell once that bytes are counted twice, and once that they are not any more', () => {
    expect(judge([2, 2, 2, 2, 2, 1, 1, 1, 1])).toEqual(['2 in above 2.00', '7 in reconciled 1.00']);
  });

  it('do not flutter about the limit', () => {
    expect(judge([0.69, 0.69, 0.69, 0.71, 0.71, 0.71, 0.69, 0.69, 0.72, 0.75, 0.75])).toEqual([
      '2 in missing 0.69',
    ]);
  });

  it('are not judged when there is next to no traffic', () => {
    expect(judge([0, 0, 0, 0, 0, 0], 90_000)).toEqual([]);
  });

  it('are not judged in minutes that the counters do not cover', () => {
    const reconciliation = createReconciliation(inventory, options);
    count(reconciliation, 0, 1);
    reconciliation.addUtilisation(sample(minute(2)));
    const compared = count(reconciliation, 4, 8);
    expect(compared.map(({ minuteMs }) => minuteMs)).toEqual([0, 0, 4, 4, 5, 5].map(minute));
  });

  it('leave out what was before anybody listened, and what is no traffic of a WAN', () => {
    const reconciliation = createReconciliation(inventory, options);
    expect(reconciliation.addFlow(flow({ timeMs: minute(0) }))).toBe('too-early');
    expect(reconciliation.addFlow(flow({ wan: '' }))).toBe('no-wan');
    expect(reconciliation.addFlow(flow({ direction: FlowDirection.INTERNAL }))).toBe('no-wan');
    expect(reconciliation.addFlow(flow({ router: 'gw9' }))).toBe('no-wan');
    count(reconciliation, 0, 1);
    expect(reconciliation.addFlow(flow({ timeMs: minute(60) }))).toBe('too-far');
  });

  it('need only so much memory when no counters come', () => {
    const reconciliation = createReconciliation(inventory, options);
    for (let i = 1; i < 5_000; i += 1) reconciliation.addFlow(flow({ timeMs: minute(i) }));
    const [first] = count(reconciliation, 4_990, 5_000);
    expect(first).toMatchObject({ minuteMs: minute(4_990), ratio: 1 });
  });
});

it('loses nothing when it spreads an amount over minutes', () => {
  fc.assert(
    fc.property(fc.nat(10_000_000), fc.nat(7_200_000), fc.nat(), (fromMs, durationMs, amount) => {
      let shares = 0;
      let overlaps = 0;
      spreadOverMinutes({ fromMs, toMs: fromMs + durationMs }, amount, (at, share, overlapMs) => {
        expect(at * 60_000).toBeLessThanOrEqual(fromMs + durationMs);
        shares += share;
        overlaps += overlapMs;
      });
      expect(Math.abs(shares - amount)).toBeLessThanOrEqual(amount * 1e-12);
      expect(overlaps).toBe(durationMs);
    }),
  );
});

describe('an inventory that changes', () => {
  it('leaves the minutes of WANs that stay, and begins with those that are new', () => {
    const reconciliation = createReconciliation(inventory, options);
    reconciliation.addFlow(flow({ bytes: BYTES * 0.9 }));
    const [gw1] = inventory;
    const [wan] = gw1?.wans ?? [];
    if (!gw1 || !wan) throw new Error('there is a WAN');
    const another = { ...wan, name: 'ISP9', interface: 'ether9', routingMark: 'other' };
    reconciliation.replaceInventory([{ ...gw1, wans: [...gw1.wans, another] }], minute(2));
    expect(reconciliation.addFlow(flow({ wan: 'ISP9' }))).toBe('late');
    expect(count(reconciliation, 0, 4).find(({ direction }) => direction === 'in')?.ratio).toBeCloseTo(0.9);
    reconciliation.replaceInventory([], minute(4));
    expect(reconciliation.addFlow(flow({}))).toBe('no-wan');
  });
});
