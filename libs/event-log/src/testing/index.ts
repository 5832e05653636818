export { describeEventLog, type LogUnderTest } from './describe-event-log.ts';
