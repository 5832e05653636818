export { type Component, runComponents } from './component.ts';
export { ConfigError, loadConfig, type ConfigSource } from './config.ts';
export { createHttpServer, type HttpServer, type HttpServerConfig } from './http-server.ts';
export { createLedger, type Ledger } from './ledger.ts';
export { createRateLimitedLog, type RateLimitedLog } from './rate-limited-log.ts';
export { createTelemetry, type Telemetry, type TelemetryOptions } from './telemetry.ts';
export { backoffMs, pause } from './wait.ts';
