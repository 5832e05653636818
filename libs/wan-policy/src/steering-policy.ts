import { type PolicySettings, policySettingsSchema, type SteeringSchedule } from '@fairlead/model';

/** One uplink as a policy sees it. */
export interface SteeredWan {
  readonly name: string;
  readonly capacity: { readonly rxBps: number; readonly txBps: number };
  /** What traffic beyond the commit costs; decides between equals. */
  readonly costPerGb: number;
  /** Paid for already, as the 95th percentile of a month; below it the WAN costs nothing. */
  readonly commitBps: number;
}

/** The settings of a site with its WANs. Limits are shares of capacity in the busier direction. */
export interface SteeringPolicy extends Omit<PolicySettings, 'kind'> {
  readonly kind: PolicySettings['kind'];
  /** Two to eight, in order of preference. */
  readonly wans: readonly SteeredWan[];
  readonly schedules: readonly SteeringSchedule[];
  /** A reading older than this counts as unknown. */
  readonly freshMs: number;
  /** How long a change may take to show in the router. */
  readonly pendingMs: number;
}

const DEFAULT_TIMES = { freshMs: 15_000, pendingMs: 15_000 };

/**
 * A policy of the settings of a configuration.
 * @throws ZodError when the settings are not sound
 */
export function steeringPolicy(
  wans: readonly SteeredWan[],
  settings: object = {},
  rest: Partial<Pick<SteeringPolicy, 'schedules' | 'freshMs' | 'pendingMs'>> = {},
): SteeringPolicy {
  return { ...policySettingsSchema.parse(settings), schedules: [], ...DEFAULT_TIMES, ...rest, wans };
}
