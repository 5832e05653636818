export { type SyslogCollectorConfig, syslogCollectorConfigSchema } from './config.ts';
export { createSyslogCollector, type SyslogCollector } from './syslog-collector.ts';
