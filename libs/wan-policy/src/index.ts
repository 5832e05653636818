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
