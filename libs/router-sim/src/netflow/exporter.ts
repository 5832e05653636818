import type { KernelObserver } from '../kernel/kernel.ts';
import type { NetflowTarget } from '../options.ts';
import { createFlowCache } from './flow-cache.ts';
import { encodeV9, MAX_RECORDS } from './v9-encoder.ts';

export interface FlowExporter {
  readonly observer: Pick<KernelObserver, 'opened'>;
  /** Sends what is due. */
  run(uptimeMs: number): void;
  reboot(): void;
}

const CACHE_ENTRIES = 32_768;
/** How often the cache is looked through. */
const SCAN_MS = 1_000;

/** Traffic Flow, version 9. Time and sending are given to it. */
export function createFlowExporter(
  target: NetflowTarget,
  { send, unixMs }: { send(datagram: Uint8Array): void; unixMs(uptimeMs: number): number },
): FlowExporter {
  const refresh = target.templateRefreshPackets ?? 20;
  const cache = createFlowCache({
    activeTimeoutMs: target.activeTimeoutMs ?? 60_000,
    inactiveTimeoutMs: target.inactiveTimeoutMs ?? 15_000,
    maxEntries: CACHE_ENTRIES,
  });
  let packets = 0;
  let scannedMs = 0;
  return {
    observer: { opened: (connection) => cache.opened(connection) },
    run(uptimeMs) {
      if (uptimeMs - scannedMs < SCAN_MS) return;
      scannedMs = uptimeMs;
      const flows = cache.expire(uptimeMs);
      for (let at = 0; at < flows.length; at += MAX_RECORDS) {
        const header = { uptimeMs, unixSeconds: Math.floor(unixMs(uptimeMs) / 1_000), sequence: packets };
        send(encodeV9(header, flows.slice(at, at + MAX_RECORDS), packets % refresh === 0));
        packets += 1;
      }
    },
    reboot() {
      cache.clear();
      packets = 0;
      scannedMs = 0;
    },
  };
}
