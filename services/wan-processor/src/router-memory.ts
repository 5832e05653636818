import type { RateState } from '@fairlead/counters';
import { CounterSource } from '@fairlead/model';
import { createKeyedStates, type KeyedStates } from '@fairlead/rx';
import { steeringStateSchema, thresholdSchema } from '@fairlead/wan-policy';
import { z } from 'zod';

const timeMs = z.number();

const wanMemorySchema = z.strictObject({
  /** When the API last read this WAN, and from where the last utilisation came. */
  apiMs: timeMs.optional(),
  source: z.enum(CounterSource).optional(),
  coveredToMs: timeMs.optional(),
  running: z.boolean().optional(),
  /** When pings through it last told something. */
  probedMs: timeMs.optional(),
  /** When its load was last held against the limits. */
  loadMs: timeMs.optional(),
  threshold: thresholdSchema,
  /** Whether what lies beyond its gateway was out of reach. */
  isCutOff: z.boolean().optional(),
});
/** Memory of one WAN. */
export type WanMemory = z.infer<typeof wanMemorySchema>;

export const routerMemorySchema = z.strictObject({
  wans: z.record(z.string(), wanMemorySchema),
  steering: steeringStateSchema,
  /** Time of the samples when this was last put into the log. */
  savedMs: timeMs.nullable(),
});
/** Memory of one router. */
export type RouterMemory = z.infer<typeof routerMemorySchema>;

/** What stands between two batches of one partition of counters. */
export interface CountersMemory {
  readonly rates: KeyedStates<RateState>;
  readonly routers: KeyedStates<RouterMemory>;
}

/** Only what is in the inventory is remembered, so these bounds are a second line; a WAN has two sources. */
const MAX_ROUTERS = 10_000;
const MAX_RATES = MAX_ROUTERS * 8 * 2;

export function createCountersMemory(): CountersMemory {
  return { rates: createKeyedStates(MAX_RATES), routers: createKeyedStates(MAX_ROUTERS) };
}

/** Key of the rate of one interface, read by one source. */
export const rateKey = (router: string, port: string, source: CounterSource): string =>
  `${router}/${port}/${source}`;
