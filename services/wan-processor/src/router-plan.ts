import type { RateOptions } from '@fairlead/counters';
import { CounterSource, type Inventory, policySettingsSchema, type Router, type Wan } from '@fairlead/model';
import type { SteeringPolicy, ThresholdLimits } from '@fairlead/wan-policy';
import type { WanProcessorConfig } from './config.ts';

/** What the processor needs to know of a router, derived once from the inventory. */
export interface RouterPlan {
  readonly router: Router;
  /** Limits of events. */
  readonly limits: ThresholdLimits;
  /** Present where there is steering. */
  readonly policy: SteeringPolicy | undefined;
  /** A reading older than this says nothing about the next one. */
  readonly freshMs: number;
  /** Silence of a WAN longer than this is reported, and SNMP stands in for an API that was silent so long. */
  readonly staleAfterMs: number;
  /** While pings by the API told something within this time, what netwatch tells is not asked. */
  readonly probedForMs: number;
}

/** How many times its capacity a line may carry before the reading is not believed: contracts are often exceeded. */
const PLAUSIBLE_CAPACITIES = 4;
const LEAST_GAP_MS = 15_000;
const DEFAULT_LIMITS: ThresholdLimits = policySettingsSchema.parse({});
/** Polls that may fail before it counts. */
const MISSED_POLLS = 3;

export function planRouters(
  inventory: Inventory,
  config: WanProcessorConfig,
): ReadonlyMap<string, RouterPlan> {
  return new Map(inventory.map((router) => [router.name, planRouter(router, config)]));
}

function planRouter(router: Router, config: WanProcessorConfig): RouterPlan {
  const intervalMs = router.api?.intervalMs ?? router.snmp?.intervalMs ?? 0;
  const staleAfterMs = Math.max(config.staleAfterMs, MISSED_POLLS * intervalMs);
  // Wide enough for the polls of SNMP where it stands in for the API.
  const freshMs = Math.max(staleAfterMs, 2 * (router.snmp?.intervalMs ?? 0));
  const { steering } = router;
  return {
    router,
    limits: steering?.policy ?? DEFAULT_LIMITS,
    policy: steering && {
      ...steering.policy,
      wans: router.wans.map(({ name, capacity, cost }) => ({
        name,
        capacity: { rxBps: capacity.rx, txBps: capacity.tx },
        costPerGb: cost?.perGb ?? 0,
        commitBps: cost?.commit ?? 0,
      })),
      schedules: steering.schedules,
      freshMs,
      pendingMs: config.pendingMs,
    },
    freshMs,
    staleAfterMs,
    probedForMs: Math.max(freshMs, MISSED_POLLS * (router.api?.probeIntervalMs ?? 0)),
  };
}

/** How the rates of one WAN are taken when this source reads it. */
export function planRate({ router }: RouterPlan, { capacity }: Wan, source: CounterSource): RateOptions {
  const intervalMs = (source === CounterSource.SNMP ? router.snmp : router.api)?.intervalMs ?? 1_000;
  return {
    maxGapMs: Math.max(LEAST_GAP_MS, MISSED_POLLS * intervalMs),
    minIntervalMs: intervalMs / 2,
    maxBps: { rx: capacity.rx * PLAUSIBLE_CAPACITIES, tx: capacity.tx * PLAUSIBLE_CAPACITIES },
  };
}
