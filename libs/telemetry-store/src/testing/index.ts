export { type ClickhouseStandIn, startClickhouseStandIn } from './clickhouse-stand-in.ts';
