export { type ClickhouseWriterConfig, clickhouseWriterConfigSchema } from './config.ts';
export { createClickhouseWriter } from './writer.ts';
