export { agentAccess, hasSnmp, type SnmpRouter } from './agent-access.ts';
export { type SnmpCollectorConfig, snmpCollectorConfigSchema } from './config.ts';
export { createSnmpCollector, type SnmpCollectorDeps } from './snmp-collector.ts';
