export {
  foldRate,
  type NoRateReason,
  type Rate,
  type RateOptions,
  type RateResult,
  type RateState,
} from './fold-rate.ts';
