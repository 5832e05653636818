import { describe, expect, it } from 'vitest';
import { steadyLoad } from '../load.ts';
import { createRouterSim } from '../router-sim.ts';
import { dualWan } from '../testing/dual-wan.ts';
import { createFlowCache } from './flow-cache.ts';

describe('flow cache', () => {
  it('holds no more than it may', () => {
    const cache = createFlowCache({ activeTimeoutMs: 1_000, inactiveTimeoutMs: 1_000, maxEntries: 3 });
    const sim = createRouterSim({ ...dualWan, load: steadyLoad(5e6) });
    let opened = 0;
    sim.kernel.observe({
      opened(connection) {
        opened += 1;
        cache.opened(connection);
      },
      linkChanged: () => undefined,
    });
    sim.advance(2_000);
    expect(opened).toBeGreaterThan(10);
    const reported = new Set(
      cache
        .expire(sim.kernel.uptimeMs())
        .map(({ source, destination }) => Math.max(source.port, destination.port)),
    );
    expect(reported.size).toBe(3);
  });

  it('forgets a connection when it has ended and was reported', () => {
    const cache = createFlowCache({ activeTimeoutMs: 60_000, inactiveTimeoutMs: 5_000, maxEntries: 10 });
    const sim = createRouterSim({ ...dualWan, load: steadyLoad(5e6) });
    sim.kernel.observe({ opened: (connection) => cache.opened(connection), linkChanged: () => undefined });
    sim.advance(1_000);
    sim.setLink('ISP1', false);
    expect(cache.expire(5_000)).toEqual([]);
    expect(cache.expire(6_000).length).toBeGreaterThanOrEqual(10);
    expect(cache.expire(90_000)).toEqual([]);
  });
});
