import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Actuation,
  type ActuationEffect,
  addressToBytes,
  type Codec,
  CounterSource,
  type DeadLetter,
  type Decision,
  Effect,
  encodeFrames,
  type Flow,
  FlowDirection,
  type InterfaceCounters,
  Mode,
  Outcome,
  RateClock,
  DefaultRoute,
  RouterInterface,
  RouterState,
  SteeringRule,
  SamplingSource,
  Severity,
  type SyslogMessage,
  type WanEvent,
  type WanReconciliation,
  type WanUtilisation,
} from '@fairlead/model';
import { temporaryFolder } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChdbStore } from './chdb-store.ts';
import { StoreError, type StoreBatch, type TelemetryStore } from './port.ts';
import { tables } from './tables.ts';

const folder = temporaryFolder('fairlead-store-');
let store: TelemetryStore;

beforeAll(async () => {
  store = await createChdbStore({ directory: folder.path });
  await store.migrate();
});

afterAll(async () => {
  await store.close();
  folder.remove();
});

/** What a test may ask for, with 64-bit numbers as text. */
async function ask(sql: string): Promise<Record<string, unknown>[]> {
  const { body } = await store.query(`SELECT * FROM (${sql}) FORMAT JSONStringsEachRow`);
  return new TextDecoder()
    .decode(body)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

let nextOffset = 1_000;

/** A batch of one log record at an offset that no other test uses. */
function batchOf<T>(
  topic: { readonly name: string; readonly codec: Codec<T> },
  records: readonly T[],
): StoreBatch {
  const offset = (nextOffset += 10);
  return {
    topic: topic.name,
    partition: 3,
    firstOffset: offset,
    lastOffset: offset,
    firstTimestampMs: Date.now(),
    values: [encodeFrames(topic.codec, records)],
  };
}

const NOW_MS = Math.floor(Date.now() / 1_000) * 1_000 + 7;
const NOW = new Date(NOW_MS).toISOString().replace('T', ' ').replace('Z', '');
const NASTY = "it's \\ a \t tab,\n a line, a \0 NUL, ünïcödé, 漢字, 🛰";
/** How JSONStringsEachRow writes it. */
const NULL = 'ᴺᵁᴸᴸ';
const UINT64_MAX = '18446744073709551615';

const flow: Flow = {
  timeMs: NOW_MS,
  router: NASTY,
  exporter: addressToBytes('192.0.2.1'),
  version: 9,
  observationDomain: 4_294_967_295,
  ipVersion: 6,
  srcAddress: addressToBytes('2001:db8::fe00:27'),
  dstAddress: addressToBytes('255.255.255.255'),
  srcPort: 65_535,
  dstPort: 0,
  protocol: 255,
  tcpFlags: 65_535,
  tos: 255,
  inputIfIndex: 4_294_967_295,
  outputIfIndex: 0,
  bytes: Number.MAX_SAFE_INTEGER,
  packets: 1,
  startMs: NOW_MS - 1,
  endMs: undefined,
  samplingRate: 1,
  samplingSource: SamplingSource.OPTIONS,
  nextHop: addressToBytes('fe80::1'),
  postNatSrcAddress: addressToBytes('10.0.0.1'),
  postNatDstAddress: undefined,
  postNatSrcPort: 0,
  postNatDstPort: undefined,
  srcAs: 4_294_967_295,
  dstAs: 0,
  inputInterface: NASTY,
  outputInterface: '',
  wan: 'ISP1',
  direction: FlowDirection.OUT,
  insideAddress: addressToBytes('192.168.88.20'),
  srcCountry: '',
  dstCountry: 'DE',
};

describe('records of every topic', () => {
  it('keeps flows compared with counters, minute by minute', async () => {
    const minute: WanReconciliation = {
      timeMs: Date.now(),
      site: 'site',
      router: 'gw1',
      wan: 'ISP1',
      direction: 'in',
      flowBytes: 9_000_000_000,
      counterBytes: 10_000_000_000,
      ratio: 0.9,
    };
    await store.insert(batchOf(topics.wanReconciliation, [minute]));
    expect(
      await ask('SELECT router, wan, direction, flow_bytes, counter_bytes, ratio FROM wan_reconciliation'),
    ).toEqual([
      {
        router: 'gw1',
        wan: 'ISP1',
        direction: 'in',
        flow_bytes: '9000000000',
        counter_bytes: '10000000000',
        ratio: '0.9',
      },
    ]);
  });

  it('keeps what came of a change, beside the change', async () => {
    const effect: ActuationEffect = {
      ...{ id: 'gw1/1/2', decisionId: 'gw1/1', timeMs: Date.now(), site: 'site', router: 'gw1' },
      ...{ effect: Effect.NOT_MOVED, reason: '1 of 9', watchedMs: 10_000, wans: ['ISP1', 'ISP2'] },
      ...{ newConnections: [8, 1], rxBps: [1.5e6, 2e6], txBps: [] },
    };
    await store.insert(batchOf(topics.actuationEffects, [effect]));
    expect(
      await ask('SELECT effect, reason, wans, new_connections, rx_bps, tx_bps FROM actuation_effects'),
    ).toEqual([
      {
        effect: 'not-moved',
        reason: '1 of 9',
        wans: "['ISP1','ISP2']",
        new_connections: '[8,1]',
        rx_bps: '[1500000,2000000]',
        tx_bps: '[]',
      },
    ]);
  });

  it('keeps flows, with addresses of both kinds', async () => {
    await store.insert(batchOf(topics.flows, [flow]));
    const [row] = await ask(`SELECT * FROM flows WHERE protocol = 255`);
    expect(row).toMatchObject({
      time: NOW,
      router: NASTY,
      exporter: '::ffff:192.0.2.1',
      observation_domain: '4294967295',
      src_address: '2001:db8::fe00:27',
      dst_address: '::ffff:255.255.255.255',
      src_port: '65535',
      dst_port: '0',
      bytes: '9007199254740991',
      end_time: NULL,
      sampling_source: 'options',
      next_hop: 'fe80::1',
      post_nat_src_address: '::ffff:10.0.0.1',
      post_nat_dst_address: NULL,
      post_nat_src_port: '0',
      post_nat_dst_port: NULL,
      input_interface: NASTY,
      output_interface: '',
      wan: 'ISP1',
      direction: 'out',
      inside_address: '::ffff:192.168.88.20',
      dst_country: 'DE',
      log_partition: '3',
    });
  });

  it('keeps a counter of 64 bits, and absent apart from 0', async () => {
    const counters: InterfaceCounters = {
      timeMs: NOW_MS,
      router: 'counters',
      source: CounterSource.ROUTEROS_API,
      interface: 'ether1',
      ifIndex: undefined,
      deviceUptimeMs: 0n,
      rxBytes: 18_446_744_073_709_551_615n,
      txBytes: 0n,
      rxPackets: undefined,
      txPackets: undefined,
      rxErrors: undefined,
      txErrors: undefined,
      rxDrops: undefined,
      txDrops: undefined,
      linkDowns: 0,
      running: false,
      speedBps: undefined,
      alias: '',
    };
    await store.insert(batchOf(topics.counters, [counters]));
    const [row] = await ask(`SELECT * FROM counters WHERE router = 'counters'`);
    expect(row).toMatchObject({
      source: 'routeros-api',
      if_index: NULL,
      device_uptime_ms: '0',
      rx_bytes: UINT64_MAX,
      tx_bytes: '0',
      rx_packets: NULL,
      link_downs: '0',
      running: 'false',
      speed_bps: NULL,
      alias: '',
    });
  });

  it('keeps syslog lines whatever is in them', async () => {
    const line: SyslogMessage = {
      timeMs: NOW_MS,
      router: '',
      source: addressToBytes('::'),
      format: 'unparsed',
      facility: 0,
      severity: undefined,
      deviceTimeMs: BigInt(NOW_MS),
      hostname: '',
      appName: undefined,
      topics: ['system', NASTY, ''],
      message: NASTY,
      eventKind: 'login-failure',
      eventFields: [
        { name: 'user', value: NASTY },
        { name: 'via', value: 'ssh' },
      ],
      processId: undefined,
      messageId: '',
      structuredData: [{ element: 'a', name: NASTY, value: '' }],
    };
    await store.insert(batchOf(topics.syslog, [line, { ...line, topics: [], message: 'second' }]));
    const columns = `*, topics[2] AS topic, event_fields['user'] AS user, structured_data[1].name AS parameter`;
    const rows = await ask(`SELECT ${columns} FROM syslog ORDER BY length(message) DESC`);
    expect(rows[0]).toMatchObject({
      source: '::',
      facility: '0',
      severity: NULL,
      device_time: NOW,
      hostname: '',
      app_name: NULL,
      topic: NASTY,
      message: NASTY,
      event_kind: 'login-failure',
      user: NASTY,
      process_id: NULL,
      message_id: '',
      parameter: NASTY,
    });
    expect(rows[1]).toMatchObject({ topics: '[]', message: 'second' });
  });

  it('keeps a router with its interfaces and rules', async () => {
    const state: RouterState = {
      ...RouterState.decode(new Uint8Array()),
      timeMs: NOW_MS,
      router: 'gw',
      reachable: true,
      error: '',
      identity: 'gw',
      version: '7.20',
      boardName: 'CHR',
      uptimeMs: undefined,
      interfaces: [
        {
          ...RouterInterface.decode(new Uint8Array()),
          name: 'ether1',
          ifIndex: undefined,
          type: 'ether',
          running: false,
          disabled: undefined,
          comment: NASTY,
        },
        {
          ...RouterInterface.decode(new Uint8Array()),
          name: 'ether2',
          ifIndex: 0,
          running: true,
          mtu: 1_480,
        },
      ],
      steeringRules: [
        {
          ...SteeringRule.decode(new Uint8Array()),
          id: '*1',
          chain: 'prerouting',
          action: 'mark-routing',
          comment: 'Load-Balancing here',
          newRoutingMark: 'to-isp1',
          disabled: false,
          invalid: true,
          dynamic: false,
          bytes: 18_446_744_073_709_551_615n,
          nth: '2,1',
          matchers: ['in-interface=bridge', NASTY],
        },
      ],
      defaultRoutes: [
        { ...DefaultRoute.decode(new Uint8Array()), destination: '0.0.0.0/0', table: 'main', distance: 1 },
      ],
      leftOut: [{ menu: '/interface', count: 7 }],
    };
    await store.insert(batchOf(topics.routerState, [state]));
    const [row] = await ask(
      'SELECT uptime_ms, interfaces[1].comment AS comment, interfaces.if_index AS indexes, ' +
        'steering_rules[1].bytes AS bytes, steering_rules[1].new_routing_mark AS mark, interfaces.mtu AS mtu, ' +
        'steering_rules[1].matchers[2] AS matcher, default_routes[1].distance AS distance, left_out[1].count AS missing ' +
        'FROM router_state',
    );
    expect(row).toEqual({
      uptime_ms: NULL,
      comment: NASTY,
      indexes: '[NULL,0]',
      bytes: UINT64_MAX,
      mark: 'to-isp1',
      mtu: '[NULL,1480]',
      matcher: NASTY,
      distance: '1',
      missing: '7',
    });
  });

  it('keeps what the policy saw, decided and did', async () => {
    const where = { timeMs: NOW_MS, site: 's', router: 'gw' };
    const sample: WanUtilisation = {
      ...where,
      wan: 'isp1',
      interface: 'ether1',
      rxBps: Number.MAX_VALUE,
      txBps: 5e-324,
      rxUtil: 0.1,
      txUtil: -0,
      intervalMs: 1_000,
      clock: RateClock.DEVICE,
      active: undefined,
      running: false,
    };
    const event: WanEvent = {
      ...where,
      id: 'gw/isp1/threshold-above/1',
      wan: 'isp1',
      kind: 'threshold-above',
      severity: Severity.WARNING,
      message: NASTY,
      value: 0,
      limit: undefined,
    };
    const decision: Decision = {
      ...where,
      id: 'gw/1',
      policy: 'spill',
      fromWan: 'isp1',
      toWan: 'isp2',
      fromMark: 'a',
      toMark: 'b',
      reason: NASTY,
      wans: [],
      fromWeights: [],
      toWeights: [],
      emergency: false,
    };
    await store.insert(batchOf(topics.wanUtilisation, [sample]));
    await store.insert(batchOf(topics.wanEvents, [event]));
    await store.insert(batchOf(topics.decisions, [decision]));

    expect((await ask('SELECT * FROM wan_utilisation'))[0]).toMatchObject({
      time: NOW,
      wan: 'isp1',
      rx_bps: '1.7976931348623157e308',
      tx_bps: '5e-324',
      rx_util: '0.1',
      interval_ms: '1000',
      clock: 'device',
      active: NULL,
      running: 'false',
    });
    expect((await ask('SELECT * FROM wan_events'))[0]).toMatchObject({
      kind: 'threshold-above',
      severity: 'warning',
      message: NASTY,
      value: '0',
      limit: NULL,
    });
    expect((await ask('SELECT * FROM decisions'))[0]).toMatchObject({
      from_wan: 'isp1',
      to_mark: 'b',
      reason: NASTY,
    });
  });

  it('names every outcome, and shows the number of one that it does not know', async () => {
    const actuation = (outcome: number, mode: Mode): Actuation => ({
      id: `gw/${outcome}`,
      decisionId: 'gw',
      timeMs: NOW_MS,
      site: 's',
      router: 'gw',
      mode,
      outcome: outcome as Outcome,
      rule: 'Load-Balancing here',
      beforeMark: '',
      afterMark: '',
      wantedMark: '',
      reason: '',
      latencyMs: 0.5,
      connectionMark: '',
    });
    const outcomes = [...Object.values(Outcome), 99];
    await store.insert(
      batchOf(
        topics.actuations,
        outcomes.map((outcome) => actuation(outcome, outcome % 2 === 0 ? Mode.ARMED : Mode.OBSERVE)),
      ),
    );
    const rows = await ask('SELECT outcome, mode FROM actuations ORDER BY toUInt8(substring(id, 4))');
    expect(rows.map(({ outcome }) => outcome)).toEqual([
      'unspecified',
      'confirmed',
      'unchanged',
      'dry-run',
      'refused',
      'failed',
      'ambiguous',
      'reverted',
      '99',
    ]);
    expect(new Set(rows.map(({ mode }) => mode))).toEqual(new Set(['armed', 'observe']));
  });

  it('keeps the bytes of a dead letter', async () => {
    const value = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const letter: DeadLetter = {
      timeMs: NOW_MS,
      service: 'test',
      topic: 'fairlead.flows.v1',
      partition: 1,
      offset: Number.MAX_SAFE_INTEGER,
      reason: 'because',
      value,
    };
    await store.insert(batchOf(topics.deadLetter, [letter]));
    const [row] = await ask('SELECT hex(value) AS value, offset FROM dead_letters');
    expect(row).toEqual({
      value: Buffer.from(value).toString('hex').toUpperCase(),
      offset: '9007199254740991',
    });
  });

  it('has a column for every field of the record, partitioned as the insert assumes', async () => {
    for (const table of tables.values()) {
      const columns = await ask(
        `SELECT name FROM system.columns WHERE database = 'fairlead' AND table = '${table.name}'`,
      );
      expect(columns.map(({ name }) => name)).toEqual([
        ...table.columns.map(({ name }) => name),
        'log_partition',
        'log_first_offset',
        'log_last_offset',
        'log_first_time',
      ]);
      const [row] = await ask(
        `SELECT partition_key FROM system.tables WHERE database = 'fairlead' AND name = '${table.name}'`,
      );
      expect(row?.['partition_key']).toBe(table.partitionOfRow);
    }
  });
});

describe('an insert', () => {
  const count = async (where: string): Promise<number> =>
    Number((await ask(`SELECT count() AS n FROM flows WHERE ${where}`))[0]?.['n']);

  it('stores the same batch once, however often it comes', async () => {
    const batch = batchOf(topics.flows, [{ ...flow, protocol: 1 }]);
    for (let i = 0; i < 3; i += 1) await store.insert(batch);
    expect(await count('protocol = 1')).toBe(1);
  });

  it('takes the same offsets of another log for another batch', async () => {
    const batch = batchOf(topics.flows, [{ ...flow, protocol: 2 }]);
    await store.insert(batch);
    await store.insert({ ...batch, firstTimestampMs: batch.firstTimestampMs + 1 });
    expect(await count('protocol = 2')).toBe(2);
  });

  it('is one part in each partition of the table, also when it is large', async () => {
    const dayMs = 86_400_000;
    const records = Array.from({ length: 150_000 }, (_, i) => ({
      ...flow,
      protocol: 3,
      router: 'large',
      timeMs: NOW_MS + (i % 3) * dayMs,
    }));
    const batch = batchOf(topics.flows, records);
    await store.insert(batch);
    const rows = await ask(
      `SELECT uniqExact(_part) AS parts, uniqExact(_partition_id) AS partitions, count() AS n, max(_part LIKE '%\\\\_0') AS unmerged FROM flows WHERE router = 'large'`,
    );
    expect(rows[0]).toEqual({ parts: '3', partitions: '3', n: '150000', unmerged: '1' });
  });

  it('completes what an interrupted attempt left, in doubt of the tokens', async () => {
    const dayMs = 86_400_000;
    const records = [0, 1, 2].map((day) => ({ ...flow, protocol: 4, timeMs: NOW_MS + day * dayMs }));
    const whole = batchOf(topics.flows, records);
    // A crash behind the first of three parts: one day is there.
    await store.insert({ ...whole, values: [encodeFrames(topics.flows.codec, records.slice(0, 1))] });
    expect(await store.storedRanges(whole.topic, 3, whole.firstOffset)).toContainEqual({
      firstOffset: whole.firstOffset,
      lastOffset: whole.lastOffset,
      firstTimestampMs: whole.firstTimestampMs,
      rows: 1,
    });
    // The engine would take the batch for a repetition, as it does after a crash between the token and the part.
    await store.insert(whole);
    for (let i = 0; i < 2; i += 1) await store.insert({ ...whole, uncertain: true });
    expect(await count('protocol = 4')).toBe(3);
  });

  it('refuses values that are not of the topic, stores nothing of them and goes on', async () => {
    const good = batchOf(topics.flows, [{ ...flow, protocol: 5 }]);
    const bad = { ...good, values: [...good.values, Buffer.from('0affffffffff', 'hex')] };
    await expect(store.insert(bad)).rejects.toMatchObject({ name: 'StoreError', retriable: false });
    expect(await count('protocol = 5')).toBe(0);
    await store.insert(good);
    expect(await count('protocol = 5')).toBe(1);
    expect(await readdir(join(folder.path, 'inserts'))).toEqual([]);
  });

  it('knows which ranges it holds', async () => {
    const before = batchOf(topics.decisions, []);
    expect(await store.storedRanges(topics.decisions.name, 3, before.firstOffset)).toEqual([]);
    await expect(store.storedRanges('nope', 0, 0)).rejects.toThrow(StoreError);
  });
});

describe('opening', () => {
  it('names the process that has the directory open', async () => {
    const script = `import { createChdbStore } from '${import.meta.dirname}/chdb-store.ts';
      try { await createChdbStore({ directory: process.argv[2] }); console.log('opened'); }
      catch (error) { console.log(error.name, error.message); }`;
    const file = join(folder.path, 'second.mts');
    await writeFile(file, script);
    const child = spawn(process.execPath, ['--import', 'tsx', file, folder.path], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await once(child, 'close');
    expect(said).toContain(`StoreError the store in ${folder.path} is open in process ${process.pid}`);
  });

  it('refuses a second store in this process', async () => {
    await expect(createChdbStore({ directory: `${folder.path}-other` })).rejects.toThrow(/open already/);
  });
});

describe('closing', () => {
  it('is not waited for by a process that exits while the engine is at work', async () => {
    const script = `import { createChdbStore } from '${import.meta.dirname}/chdb-store.ts';
      const store = await createChdbStore({ directory: process.argv[2] });
      void store.query('SELECT max(cityHash64(number)) FROM numbers(100000000000)').catch(() => undefined);
      setTimeout(() => process.exit(0), 200);`;
    const file = join(folder.path, 'exits.mts');
    await writeFile(file, script);
    const directory = join(folder.path, 'exits');
    const child = spawn(process.execPath, ['--import', 'tsx', file, directory], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect({ signal, said }).toMatchObject({
      signal: 'SIGKILL',
      said: expect.stringContaining(`the store in ${directory} is still at work`) as string,
    });
  });

  it('does not wait for a long query, nor for those behind it', async () => {
    const long = 'SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1';
    const answers = Promise.allSettled([1, 2, 3, 4].map(() => store.query(long)));
    // An answer of the other session: the long ones have reached the engine by then.
    await store.storedRanges(topics.flows.name, 0, 0);
    await store.close();
    expect((await answers).map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
    await expect(store.query('SELECT 1')).rejects.toThrow('closed');
  });
});
