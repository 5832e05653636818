export {
  createSyslogCollector,
  type SyslogCollectorConfig,
  syslogCollectorConfigSchema,
} from './syslog-collector.ts';
