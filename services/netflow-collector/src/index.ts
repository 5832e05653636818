export {
  createNetflowCollector,
  type NetflowCollectorConfig,
  netflowCollectorConfigSchema,
} from './netflow-collector.ts';
