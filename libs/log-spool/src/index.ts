export { type SpoolConfig, spoolConfigSchema } from './config.ts';
export { createSpooledLog, type SpooledLogOptions } from './spooled-log.ts';
