export { type WanProcessorConfig, wanProcessorConfigSchema } from './config.ts';
export { createWanProcessor, type WanProcessorDeps } from './wan-processor.ts';
