import { Secret } from '@fairlead/model';
import { temporaryFolder } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClickhouseStore } from './clickhouse-store.ts';
import { type Migration, readMigrations } from './migrations.ts';
import type { TelemetryStore } from './port.ts';
import { type ClickhouseStandIn, startClickhouseStandIn } from './testing/index.ts';

const folder = temporaryFolder('fairlead-earlier-');
const all = await readMigrations();
const requests: URL[] = [];
let server: ClickhouseStandIn;
const open: TelemetryStore[] = [];

beforeAll(async () => {
  server = await startClickhouseStandIn({ directory: folder.path, onRequest: (url) => requests.push(url) });
});
afterAll(async () => {
  await Promise.all(open.map((store) => store.close()));
  await server.close();
  folder.remove();
});

function storeOf(
  database: string,
  options: { migrations?: readonly Migration[]; cluster?: string } = {},
): TelemetryStore {
  const store = createClickhouseStore({
    ...{ url: server.url, user: 'writer', password: new Secret('not-shown'), database },
    ...options,
  });
  open.push(store);
  return store;
}

/** The tables and views of a database, as their statements without its name. */
async function schemaOf(database: string): Promise<string> {
  const { body } = await storeOf(database).query(
    `SELECT create_table_query FROM system.tables WHERE database = '${database}' ORDER BY name`,
    'TSVRaw',
  );
  return new TextDecoder().decode(body).replaceAll(database, 'DB');
}

async function appliedTo(database: string): Promise<string> {
  const { body } = await storeOf(database).query(
    'SELECT DISTINCT version FROM schema_migrations ORDER BY version',
  );
  return new TextDecoder().decode(body);
}

describe('migrations', () => {
  it.each(all.map(({ version }) => version))(
    'come from version %i to the same schema as from nothing',
    async (version) => {
      await storeOf('fresh').migrate();
      const database = `since_${version}`;
      await storeOf(database, { migrations: all.slice(0, version) }).migrate();
      await storeOf(database).migrate();
      expect(await schemaOf(database)).toBe(await schemaOf('fresh'));
    },
  );

  it('may be run by several programs at the same time', async () => {
    await Promise.all(Array.from({ length: 4 }, () => storeOf('together').migrate()));
    await storeOf('fresh').migrate();
    expect(await schemaOf('together')).toBe(await schemaOf('fresh'));
    expect(await appliedTo('together')).toBe(all.map(({ version }) => `${version}\n`).join(''));
  });

  it('begin on a cluster with its database on every server, under settings by which replicas agree', async () => {
    requests.length = 0;
    // The engine here is a single one without a coordinator, so it goes no further.
    await expect(storeOf('shared', { cluster: 'prod' }).migrate()).rejects.toThrow();
    const refused = storeOf('fresh', { cluster: 'prod' }).storedRanges('fairlead.flows.v1', 0, 0);
    await refused;
    expect(Object.fromEntries(requests.at(-1)?.searchParams ?? [])).toMatchObject({
      insert_quorum: 'auto',
      insert_quorum_parallel: '0',
      select_sequential_consistency: '1',
    });
  });
});
