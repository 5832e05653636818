export { routerosCollectorConfigSchema, type RouterosCollectorConfig } from './config.ts';
export { createRouterosCollector, type RouterosCollectorDeps } from './routeros-collector.ts';
