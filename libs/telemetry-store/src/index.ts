export { type ChdbStore, createChdbStore, type ChdbStoreOptions } from './chdb-store.ts';
export { createClickhouseStore, type ClickhouseStoreOptions } from './clickhouse-store.ts';
export * from './port.ts';
export { queryOverHttp } from './query-over-http.ts';
export { createStoreHttpServer, type StoreHttpServer } from './store-http-server.ts';
export type { ReplacedRows, TimeWindow } from './replace-window.ts';
export { storedTopics } from './tables.ts';
