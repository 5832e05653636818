import type { Actuation, Decision } from '@fairlead/model';
import type { RouterSim, RouterSimOptions } from '@fairlead/router-sim';
import { partComment } from '@fairlead/routeros-config';
import { type SteeringDecision, type SteeringPolicy, steeringPolicy } from '@fairlead/wan-policy';
import { dualStackConfiguration } from './dual-stack-router.ts';
import { sharedConfiguration, weightsOf } from './shared-router.ts';
import {
  markOf,
  sharingWans,
  simulatedWans,
  type SteeredActuator,
  type SteeredWan,
  STEERING_RULE,
} from './steered-router.ts';

const PARTS = 6;
/** Settings of rules in an hour that the actuator allows itself where shares are steered. */
const WRITES_PER_HOUR = 3 * PARTS;

/** What is steered in a run, and how. */
export interface FaultWorld {
  readonly wans: readonly SteeredWan[];
  /** As the configuration gives it. */
  readonly settings: object;
  /** The same, where IPv6 is steered. */
  readonly ipv6?: object;
  readonly policy: SteeringPolicy;
  readonly simulated: Partial<RouterSimOptions>;
  /** Comments of the rules that may be set. */
  readonly comments: readonly string[];
  /** Most settings in an hour. */
  readonly writesPerHour: number;
  /** As read of the rules; undefined where they do not say it. */
  weights(sim: RouterSim): number[] | undefined;
  /** The same as records tell it. */
  told(sim: RouterSim): string | undefined;
  /** Most settings that a decision may take. */
  most(decision: SteeringDecision): number;
  deliver(
    actuator: SteeredActuator,
    decision: SteeringDecision,
    given: Partial<Decision>,
  ): Promise<Actuation>;
}

/** @param capacitiesBps of each WAN in both directions */
const policyOf = (
  wans: readonly SteeredWan[],
  capacitiesBps: readonly number[],
  settings: object,
): SteeringPolicy =>
  steeringPolicy(
    wans.map(({ name }, i) => ({
      name,
      capacity: { rxBps: capacitiesBps[i] ?? 0, txBps: capacitiesBps[i] ?? 0 },
      costPerGb: 0,
      commitBps: 0,
    })),
    { samples: { breached: 1, of: 1 }, dwellMs: 10_000, coolDownMs: 0, meanMs: 1, ...settings },
  );

/** Two WANs and the steering rule of the presentation. */
export function oneRuleWorld(flipsPerHour: number): FaultWorld {
  const marks = simulatedWans.map(({ routingMark }) => routingMark);
  return {
    ...{ wans: simulatedWans, settings: {}, simulated: {}, comments: [STEERING_RULE] },
    policy: policyOf(simulatedWans, [50e6, 50e6], { flipsPerHour }),
    writesPerHour: flipsPerHour,
    weights(sim) {
      const weights = marks.map((mark) => (mark === markOf(sim) ? 1 : 0));
      return weights.includes(1) ? weights : undefined;
    },
    told: markOf,
    most: () => 1,
    deliver(actuator, { from, to, isEmergency }, given) {
      const [fromWan = '', toWan = ''] = [from, to].map((weights) => simulatedWans[weights.indexOf(1)]?.name);
      return actuator.flip(fromWan, toWan, { ...given, emergency: isEmergency });
    },
  };
}

/** Two WANs with IPv6 steered too, as `fairlead apply` makes them. */
export function dualStackWorld(flipsPerHour: number): FaultWorld {
  return {
    ...oneRuleWorld(flipsPerHour),
    ipv6: { translation: 'masquerade' },
    simulated: { configuration: dualStackConfiguration(simulatedWans) },
    // A rule each, and the way back of the first.
    writesPerHour: 3 * flipsPerHour,
    most: () => 3,
  };
}

/** Three WANs and a steering rule for each of six parts of new connections, as `fairlead apply` makes them. */
export function sharedWorld(kind: 'weights' | 'headroom', flipsPerHour: number): FaultWorld {
  const settings = { kind, denominator: PARTS, writesPerHour: WRITES_PER_HOUR };
  const weights = (sim: RouterSim): number[] | undefined => weightsOf(sim, sharingWans, PARTS);
  const comments = Array.from({ length: PARTS }, (_, part) => partComment(STEERING_RULE, PARTS, part));
  return {
    ...{ wans: sharingWans, settings, comments, weights, writesPerHour: WRITES_PER_HOUR },
    policy: policyOf(sharingWans, [60e6, 30e6, 20e6], { ...settings, flipsPerHour }),
    simulated: {
      configuration: sharedConfiguration(sharingWans, PARTS),
      // The one that is missing or doubled at times.
      steeringRule: partComment(STEERING_RULE, PARTS, 3),
    },
    told: (sim) => weights(sim)?.join(':'),
    most: ({ from, to }) => to.reduce((sum, weight, i) => sum + Math.max(0, weight - (from[i] ?? 0)), 0),
    deliver: (actuator, { from, to, isEmergency }, given) =>
      actuator.share(from, to, { ...given, emergency: isEmergency }),
  };
}
