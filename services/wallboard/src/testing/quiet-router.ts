import type { RouterView } from '@fairlead/live-protocol';

/** A router that is reached, with one WAN, of which nothing more is known. */
export function quietRouter(name = 'gw1', site = 's') {
  const wan = {
    key: `${name}/A`,
    name: 'A',
    interface: 'e1',
    routingMark: 'A',
    rxCapacityBps: 1,
    txCapacityBps: 1,
    probed: false,
    share: null,
    targetShare: null,
    commitBps: null,
    p95: null,
  };
  const router: RouterView = {
    router: name,
    site,
    mode: 'observe',
    intervalMs: 1_000,
    limits: null,
    probeLimits: { failLoss: 0.4, failLatencyMs: 1_000, recoverLoss: 0.1, recoverLatencyMs: 500 },
    locked: false,
    pin: null,
    wans: [wan],
    reachable: true,
    error: '',
    version: '',
    mark: null,
  };
  return { router, wan };
}
