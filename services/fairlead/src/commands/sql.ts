import { queryOverHttp, type QueryResult } from '@fairlead/telemetry-store';
import { openStore } from '../compose.ts';
import { locateConfig, type WhereOptions } from '../data-directory.ts';
import { findRunning } from '../run-file.ts';

export interface SqlOptions extends WhereOptions {
  readonly format: string;
}

/**
 * `fairlead sql STATEMENT`: one process owns the embedded store, so a running pipeline answers for us; without one the
 * store is opened here.
 */
export async function runSql(statement: string, options: SqlOptions): Promise<void> {
  const result = await answerSql(statement, options);
  process.stdout.write(result.body);
}

/** The answer of the running pipeline, or of the store itself. */
export async function answerSql(statement: string, options: SqlOptions): Promise<QueryResult> {
  const config = await locateConfig(options);
  if (config.store.kind === 'embedded') {
    const running = await findRunning(config.dataDirectory);
    if (running?.storeUrl !== undefined) return queryOverHttp(running.storeUrl, statement, options.format);
  }
  const store = await openStore(config);
  try {
    return await store.query(statement, options.format);
  } finally {
    await store.close();
  }
}
