/**
 * Bytes on disk for a flow, after merges: the flows of the captures, replayed for hours with varied addresses, ports and
 * counters, decoded and inserted as the pipeline does it, then copied into tables with other orders and codecs.
 *
 * Options: `--flows N` (400 000), `--columns` prints the bytes of each column.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { addressToBytes } from '@fairlead/model';
import { createFlowEnricher } from '@fairlead/flow-enrichment';
import { createFlowEncoder, createTemplateStore, decodeNetflow } from '@fairlead/netflow';
import { loadFamilies } from '@fairlead/netflow/testing';
import { createChdbStore, type TelemetryStore } from '@fairlead/telemetry-store';
import { capturesFolder, temporaryFolder } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { report } from './support/report.ts';
import { createRouterosExport, type FlowShape, FLOWS_PER_DATAGRAM } from './support/routeros-export.ts';

const TARGET_BYTES = 15;
const ROUTERS = 4;
const HOURS = 4;
/** A quiet site's insert: what comes in half a second. */
const ROWS_PER_INSERT = 2_000;
const MIGRATIONS = resolve(import.meta.dirname, '../../schemas/clickhouse');

/** How a variant differs from the table of the migrations. */
interface Variant {
  readonly name: string;
  readonly orderBy?: string;
  readonly types?: Readonly<Record<string, string>>;
  readonly codecs?: Readonly<Record<string, string>>;
  /** Expressions over the columns, in place of them. */
  readonly values?: Readonly<Record<string, string>>;
}

const afterNat = ['post_nat_src_address', 'post_nat_dst_address', 'post_nat_src_port', 'post_nat_dst_port'];
const addresses = ['src_address', 'dst_address', 'next_hop', ...afterNat.slice(0, 2)];
const ports = ['src_port', 'dst_port', ...afterNat.slice(2)];
const logColumns = ['log_first_offset', 'log_last_offset', 'log_first_time'];
const each = (columns: readonly string[], text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(columns.map((name) => [name, text]));
const asExported = Object.fromEntries(
  afterNat.map((name) => [name, `ifNull(${name}, ${name.slice('post_nat_'.length)})`]),
);

const variants: readonly Variant[] = [
  { name: 'as migrated' },
  { name: 'with what NAT keeps stored again', values: asExported },
  { name: 'log columns Delta', codecs: each(logColumns, 'Delta, ZSTD(1)') },
  { name: 'ports ZSTD(1)', codecs: each(ports, 'ZSTD(1)') },
  { name: 'times T64', codecs: each(['start_time', 'end_time'], 'T64, ZSTD(1)') },
  { name: 'times DoubleDelta', codecs: each(['start_time', 'end_time'], 'DoubleDelta, ZSTD(1)') },
  { name: 'bytes and packets ZSTD(1)', codecs: each(['bytes', 'packets'], 'ZSTD(1)') },
  { name: 'addresses ZSTD(3)', codecs: each(addresses, 'ZSTD(3)') },
  { name: 'addresses ZSTD(9)', codecs: each(addresses, 'ZSTD(9)') },
  {
    name: 'addresses LowCardinality',
    types: {
      ...each(addresses.slice(0, 2), 'LowCardinality(IPv6)'),
      ...each(addresses.slice(2), 'LowCardinality(Nullable(IPv6))'),
    },
  },
  {
    name: 'by input interface in a minute',
    orderBy: '(router, toStartOfMinute(time), input_if_index, time)',
  },
  {
    name: 'by host in five minutes',
    orderBy: '(router, toStartOfFiveMinutes(time), src_address, dst_address, time)',
  },
];

const { values: options } = parseArgs({
  options: {
    flows: { type: 'string', default: '400000' },
    columns: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const captures = capturesFolder();
if (captures.met) await measure(captures.path);
else process.stderr.write(`stored-size: ${captures.reason}\n`);

async function measure(capturesPath: string): Promise<void> {
  const folder = temporaryFolder();
  try {
    const migrations = readMigrations();
    let store = await createChdbStore({ directory: folder.path, migrations });
    await store.migrate();
    await replay(store, shapesOf(capturesPath), Number(options.flows));
    const columns = await readColumns(store);
    await store.close();

    // The store only reads for others, so the variants are made by a migration of their own.
    const text = variants
      .map((variant, index) => statementsFor(variant, `variant_${index}`, columns))
      .join('\n');
    migrations.push({ version: migrations.length + 1, name: 'variants', text });
    store = await createChdbStore({ directory: folder.path, migrations });
    await store.migrate();
    for (const [index, { name }] of variants.entries()) await tellSize(store, name, `variant_${index}`);
    await store.close();
  } finally {
    folder.remove();
  }
}

function readMigrations(): { version: number; name: string; text: string }[] {
  return readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name, index) => ({ version: index + 1, name, text: readFileSync(join(MIGRATIONS, name), 'utf8') }));
}

/** The flows of all captures as shapes. What counts nothing, such as an event of a firewall, is left out. */
function shapesOf(capturesPath: string): FlowShape[] {
  return loadFamilies(capturesPath).flatMap(({ datagrams }) => {
    const templates = createTemplateStore();
    const context = { timeMs: 0, exporter: addressToBytes('192.0.2.1'), router: '', templates };
    return datagrams
      .flatMap((datagram) => decodeNetflow(datagram, context).flows)
      .filter(({ bytes, packets }) => bytes > 0 && packets > 0 && bytes / packets < 65_536)
      .map(({ protocol, tcpFlags, tos, bytes, packets, startMs, endMs }) => ({
        protocol,
        tcpFlags,
        tos,
        bytes: Math.min(bytes, 2 ** 31),
        packets: Math.min(packets, 2 ** 31),
        durationMs: Math.min(60_000, Math.max(0, (endMs ?? 0) - (startMs ?? 0))),
      }));
  });
}

/** Yesterday's morning, so that all is in one partition of the table and nothing is too old to be kept. */
async function replay(store: TelemetryStore, shapes: readonly FlowShape[], flows: number): Promise<void> {
  const startMs = Math.floor(Date.now() / 86_400_000 - 1) * 86_400_000 + 6 * 3_600_000;
  const exporters = Array.from({ length: ROUTERS }, (_, index) => ({
    traffic: createRouterosExport(index + 1, shapes),
    context: {
      exporter: addressToBytes(`192.0.2.${index + 1}`),
      router: `gw${index + 1}`,
      templates: createTemplateStore(),
    },
  }));
  for (const { traffic, context } of exporters)
    decodeNetflow(traffic.template(), { ...context, timeMs: startMs });
  const datagrams = Math.ceil(flows / FLOWS_PER_DATAGRAM);
  const encoder = createFlowEncoder();
  const enricher = createFlowEnricher([]);
  let offset = 0;
  let rows = 0;
  for (let at = 0; at < datagrams; at += 1) {
    const timeMs = startMs + Math.floor((at / datagrams) * HOURS * 3_600_000);
    const { traffic, context } = exporters[at % ROUTERS] ?? never();
    const decoded = decodeNetflow(traffic.datagram(timeMs), { ...context, timeMs });
    enricher.enrich(decoded.flows);
    encoder.add(decoded.flows);
    rows += decoded.flows.length;
    if (rows < ROWS_PER_INSERT && at < datagrams - 1) continue;
    await store.insert({
      topic: topics.flows.name,
      partition: 0,
      firstOffset: offset,
      lastOffset: offset + ROUTERS - 1,
      firstTimestampMs: timeMs,
      values: [encoder.finish()],
    });
    offset += ROUTERS;
    rows = 0;
  }
}

interface ColumnOfTable {
  readonly name: string;
  readonly type: string;
  readonly compression_codec: string;
}

async function readColumns(store: TelemetryStore): Promise<readonly ColumnOfTable[]> {
  return askRows(
    store,
    "SELECT name, type, compression_codec FROM system.columns WHERE database = 'fairlead' AND table = 'flows' ORDER BY position",
  );
}

function statementsFor(variant: Variant, table: string, columns: readonly ColumnOfTable[]): string {
  const definitions = columns.map(({ name, type, compression_codec }) => {
    const codec = variant.codecs?.[name];
    return `\`${name}\` ${variant.types?.[name] ?? type} ${codec === undefined ? compression_codec : `CODEC(${codec})`}`;
  });
  const orderBy = variant.orderBy ?? '(router, time)';
  return [
    'SET allow_suspicious_low_cardinality_types = 1;',
    `CREATE TABLE ${table} (${definitions.join(', ')}) ENGINE = MergeTree PARTITION BY toYYYYMMDD(time) ORDER BY ${orderBy};`,
    `INSERT INTO ${table} SELECT ${columns.map(({ name }) => variant.values?.[name] ?? `\`${name}\``).join(', ')} FROM flows;`,
    `OPTIMIZE TABLE ${table} FINAL;`,
  ].join('\n');
}

async function tellSize(store: TelemetryStore, name: string, table: string): Promise<void> {
  const [size] = await askRows<{ rows: number; bytes: number }>(
    store,
    `SELECT toFloat64(sum(rows)) AS rows, toFloat64(sum(bytes_on_disk)) AS bytes FROM system.parts WHERE active AND table = '${table}'`,
  );
  report([
    {
      name: `stored size of a flow, ${name}`,
      value: (size?.bytes ?? 0) / (size?.rows ?? 0),
      unit: 'bytes',
      peer: 'target',
      peerValue: TARGET_BYTES,
    },
  ]);
  if (!options.columns) return;
  const parts = await askRows<{ column: string; share: number }>(
    store,
    'SELECT column, sum(column_bytes_on_disk) / sum(rows) AS share FROM system.parts_columns ' +
      `WHERE active AND table = '${table}' GROUP BY column HAVING share > 0.02 ORDER BY share DESC`,
  );
  process.stdout.write(`  ${parts.map(({ column, share }) => `${column} ${share.toFixed(2)}`).join(', ')}\n`);
}

async function askRows<Row>(store: TelemetryStore, sql: string): Promise<Row[]> {
  const { body } = await store.query(sql, 'JSONEachRow');
  return Buffer.from(body)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

function never(): never {
  throw new Error('an index is out of range');
}
