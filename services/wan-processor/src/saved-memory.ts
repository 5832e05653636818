import type { RateState } from '@fairlead/counters';
import { CounterSource, type WanState } from '@fairlead/model';
import { z } from 'zod';
import { factsHistorySchema, type FactsHistory } from './router-facts.ts';
import { type CountersMemory, rateKey, routerMemorySchema } from './router-memory.ts';
import type { RouterPlan } from './router-plan.ts';

const counter = z.string().regex(/^-?\d{1,20}$/);
const rateSchema = z.strictObject({
  interface: z.string(),
  source: z.enum(CounterSource),
  timeMs: z.number(),
  deviceUptimeMs: counter.nullable(),
  rxBytes: counter,
  txBytes: counter,
  counterBits: z.union([z.literal(32), z.literal(64)]),
  engineBoots: z.number().nullable(),
});

const savedMemorySchema = z.strictObject({
  version: z.literal(1),
  router: routerMemorySchema,
  rates: z.array(rateSchema).max(16),
  facts: factsHistorySchema,
});

/** Between two records of a router's memory, by the time of its samples; a decision or an event does not wait. */
export const SAVE_INTERVAL_MS = 30_000;

const SOURCES = [CounterSource.ROUTEROS_API, CounterSource.SNMP] as const;

/** The memory of a router as a record, so that whoever works on it next goes on from here; marks it as saved. */
export function saveMemory(
  { router }: RouterPlan,
  { rates, routers }: CountersMemory,
  facts: FactsHistory,
  { nextOffset, timeMs }: { readonly nextOffset: number; readonly timeMs: number },
): WanState | undefined {
  const known = routers.get(router.name);
  if (!known) return undefined;
  const memory = { ...known, savedMs: timeMs };
  routers.set(router.name, memory);
  // Where counters wait, what was read of the router is ahead of them. What comes later than that is in the log.
  const inForce = facts.findLastIndex(({ fromMs }) => fromMs <= timeMs);
  const saved: z.infer<typeof savedMemorySchema> = {
    version: 1,
    router: memory,
    rates: router.wans.flatMap(({ interface: port }) =>
      SOURCES.flatMap((source) => {
        const rate = rates.get(rateKey(router.name, port, source));
        return rate ? [saveRate(port, source, rate)] : [];
      }),
    ),
    facts: facts.slice(Math.max(0, inForce)),
  };
  return {
    timeMs,
    site: router.site,
    router: router.name,
    nextOffset,
    memory: JSON.stringify(saved),
  };
}

/**
 * Takes a saved memory over.
 * @returns the facts in it; undefined when it is not sound, and the router begins anew
 */
export function takeMemory(state: WanState, { rates, routers }: CountersMemory): FactsHistory | undefined {
  const saved = savedMemorySchema.safeParse(parseJson(state.memory));
  if (!saved.success) return undefined;
  routers.set(state.router, saved.data.router);
  for (const { interface: port, source, deviceUptimeMs, rxBytes, txBytes, engineBoots, ...rest } of saved.data
    .rates) {
    rates.set(rateKey(state.router, port, source), {
      ...rest,
      deviceUptimeMs: deviceUptimeMs === null ? undefined : BigInt(deviceUptimeMs),
      rxBytes: BigInt(rxBytes),
      txBytes: BigInt(txBytes),
      engineBoots: engineBoots ?? undefined,
    });
  }
  return saved.data.facts;
}

function saveRate(port: string, source: CounterSource, rate: RateState): z.infer<typeof rateSchema> {
  return {
    interface: port,
    source,
    timeMs: rate.timeMs,
    deviceUptimeMs: rate.deviceUptimeMs === undefined ? null : String(rate.deviceUptimeMs),
    rxBytes: String(rate.rxBytes),
    txBytes: String(rate.txBytes),
    counterBits: rate.counterBits,
    engineBoots: rate.engineBoots ?? null,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
