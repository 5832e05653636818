export { createEmbeddedLog, type EmbeddedLogOptions } from './embedded/embedded-log.ts';
export { createKafkaLog, type KafkaLogOptions } from './kafka/kafka-log.ts';
export { type KafkaSasl } from './kafka/kafka-client.ts';
export { withLagMetric } from './lag-metric.ts';
export { type LogWriter } from './log-writer.ts';
export * from './port.ts';
