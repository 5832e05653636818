export {
  decideSpill,
  initialSpillState,
  type Hold,
  type SpillDecision,
  type SpillRule,
  type SpillState,
  type SpillStep,
  type SpillSample,
  type WanReading,
} from './decide-spill.ts';
export { type ThresholdEvent } from './threshold.ts';
export { decide, type SteeringDecision, type SteeringHold, type SteeringStep } from './decide.ts';
export {
  steeringPolicySchema,
  type SteeredWan,
  type SteeringPolicy,
  type SteeringSchedule,
} from './steering-policy.ts';
export type { SteeringControls, SteeringReading, SteeringSample } from './steering-sample.ts';
export {
  initialSteeringState,
  steeringStateSchema,
  type SteeringState,
  type WanMemory,
} from './steering-state.ts';
