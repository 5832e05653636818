export {
  foldThreshold,
  initialThreshold,
  type Threshold,
  type ThresholdLimits,
  thresholdSchema,
} from './threshold.ts';
export { decide, type SteeringDecision, type SteeringHold, type SteeringStep } from './decide.ts';
export { steeringPolicy, type SteeredWan, type SteeringPolicy } from './steering-policy.ts';
export type { SteeringControls, SteeringReading, SteeringSample } from './steering-sample.ts';
export {
  initialSteeringState,
  steeringStateSchema,
  type SteeringState,
  type WanMemory,
} from './steering-state.ts';
