export { type Component, runComponents } from './component.ts';
export { ConfigError, loadConfig, type ConfigSource } from './config.ts';
export { httpServerConfigSchema, isLoopback, type HttpServerConfig } from './http-config.ts';
export { createHttpServer, hostRefusal, type HttpServer } from './http-server.ts';
export type { HostCheck } from './host-check.ts';
export { createLedger, type Ledger } from './ledger.ts';
export { createRateLimitedLog, type RateLimitedLog } from './rate-limited-log.ts';
export { createTelemetry, type Telemetry, type TelemetryOptions } from './telemetry.ts';
export { backoffMs, pause } from './wait.ts';
