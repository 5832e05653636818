/** One reading of one WAN, rates in bits per second; what is absent was not learnt. */
export interface SteeringReading {
  readonly wan: string;
  readonly rates?: { readonly rxBps: number; readonly txBps: number } | undefined;
  readonly running?: boolean | undefined;
  /** Probes through this WAN to beyond its gateway: lost share and mean round trip. */
  readonly probe?: { readonly loss: number; readonly latencyMs: number } | undefined;
}

/** What people ordered; given anew with each sample, so that whoever keeps it is the only one that does. */
export interface SteeringControls {
  /** New connections go to this WAN until then. */
  readonly pin?: { readonly wan: string; readonly untilMs: number } | undefined;
  /** Maintenance: nothing is decided. */
  readonly locked?: boolean | undefined;
  /** The kill switch, of this site or of all. */
  readonly stopped?: boolean | undefined;
}

/** What was read of a site at one time. */
export interface SteeringSample {
  readonly timeMs: number;
  readonly readings: readonly SteeringReading[];
  /** Weight of each WAN for new connections as read from the router, in the order of the policy; one rule is 1 and 0. */
  readonly weights?: readonly number[] | undefined;
  readonly controls?: SteeringControls | undefined;
  /** Minutes east of UTC, for schedules. */
  readonly zoneOffsetMinutes?: number | undefined;
  /** An old sample of a replay: it counts, and nothing is decided on it. */
  readonly tooOld?: boolean | undefined;
}
