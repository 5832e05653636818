export { describeEventLog, type LogUnderTest } from './describe-event-log.ts';
export { kafkaRequirement, localKafkaRequirement } from './local-kafka/kafka-requirement.ts';
export { type LocalKafka, type LocalKafkaOptions, startLocalKafka } from './local-kafka/local-kafka.ts';
