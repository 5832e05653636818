export { createFlowDecoder, type FlowDecoderDeps } from './flow-decoder.ts';
export { stateTopic } from './decoder-memory.ts';
export { type FlowDecoderConfig, flowDecoderConfigSchema } from './config.ts';
export {
  type FlowReplayDeps,
  type FlowReplayOptions,
  type FlowReplayTotals,
  type RawRange,
  replayFlows,
} from './replay-flows.ts';
