export { type ClickhouseStandIn, startClickhouseStandIn } from './clickhouse-stand-in.ts';
export { prepareStore } from './prepare-store.ts';
