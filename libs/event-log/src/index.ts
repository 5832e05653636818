export { createEmbeddedLog, type EmbeddedLogOptions } from './embedded/embedded-log.ts';
export { type LogWriter } from './log-writer.ts';
export * from './port.ts';
