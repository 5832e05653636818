export { createFlowDecoder, type FlowDecoderDeps } from './flow-decoder.ts';
export { type FlowDecoderConfig, flowDecoderConfigSchema } from './config.ts';
