import type { EventLog } from '@fairlead/event-log';
import type {
  Actuation,
  Decision,
  InterfaceCounters,
  RawDatagram,
  SyslogMessage,
  WanEvent,
} from '@fairlead/model';
import { topics } from '@fairlead/topics';
import { askStore } from '../../e2e/support/fairlead-process.ts';
import type { EdgeRouter } from './edge-router.ts';
import type { LiveClient } from './live-client.ts';
import { contentsOf } from './log-contents.ts';
import { FLOW_BYTES, type Producer, SAYS } from './producer.ts';
import { expectedOf, ROUTERS } from './watched-wans.ts';

/** Records of one kind: what should be in the store, and what is. */
export interface Tally {
  readonly recordsIn: number;
  readonly stored: number;
  /** In the log, or what follows from it, and not in the store. */
  readonly lost: number;
  /** Times that a record is in the store beyond the first. */
  readonly duplicated: number;
  /** Some of the lost and of the duplicated, to look for. */
  readonly wrongIds: readonly string[];
}

/** What the rows of a table add up to, and what they should. */
export interface Sum {
  readonly found: number;
  readonly expected: number;
}

export interface Comparison {
  readonly kinds: Readonly<
    Record<
      'appended' | 'flows' | 'syslog' | 'utilisation' | 'events' | 'decisions' | 'actuations' | 'live',
      Tally
    >
  >;
  readonly sums: Readonly<
    Record<'flowBytes' | 'flowBytesByMinute' | 'flowPacketsByMinute' | 'countedBytes', Sum>
  >;
  /** Numbers of the flow datagrams that the log holds. */
  readonly flowsInLog: ReadonlySet<number>;
  /** Those of the log; of one router in its order. */
  readonly actuations: readonly Actuation[];
}

export interface Verifier {
  /**
   * What the log was given against what the store holds. Of a message whose append was not answered either outcome is
   * right, but not twice.
   */
  compare(
    log: EventLog,
    producer: Pick<Producer, 'acknowledged' | 'unsure'>,
    storeUrl: string,
  ): Promise<Comparison>;
}

type Counts = ReadonlyMap<string, number>;

const MAX_WRONG_IDS = 5;
/** Packets of every flow, as `netflow5` writes them. */
const FLOW_PACKETS = 3;
/** The view spreads a flow over the minutes before it came. */
const EVERY_MINUTE = `since = '2020-01-01 00:00:00', until = '2100-01-01 00:00:00', active_timeout_s = 60`;
const EVENTS_OF_READINGS = ['threshold-above', 'threshold-below', 'counter-reset', 'wan-down', 'wan-up'];

/** @param live what the client of the gateway was sent */
export function createVerifier(live: Pick<LiveClient, 'received'>, edge: EdgeRouter): Verifier {
  const datagrams = contentsOf<RawDatagram>(topics.rawNetflow);
  const syslog = contentsOf<SyslogMessage>(topics.syslog);
  const counters = contentsOf<InterfaceCounters>(topics.counters);
  const decisionsOf = contentsOf<Decision>(topics.decisions);
  const actuationsOf = contentsOf<Actuation>(topics.actuations);
  const eventsOf = contentsOf<WanEvent>(topics.wanEvents);
  const routers = new Set([...ROUTERS, ...edge.routers]);
  return {
    async compare(log, { acknowledged, unsure }, storeUrl) {
      const count = (select: string): Promise<Counts> => countStored(storeUrl, select);
      const appended = await count(numbersOf(SAYS.appended));
      const flows = await count(
        'SELECT substring(hex(src_address), 27) AS id, toUInt32(count()) AS times FROM fairlead.flows GROUP BY id',
      );
      const sent = await count(numbersOf(SAYS.sent));
      const utilisation = await count(
        "SELECT concat(router, ' ', toString(toUnixTimestamp64Milli(time))) AS id, toUInt32(count()) AS times FROM fairlead.wan_utilisation GROUP BY id",
      );
      const events = await count(
        `SELECT id, toUInt32(count()) AS times FROM fairlead.wan_events WHERE kind IN (${EVENTS_OF_READINGS.map((kind) => `'${kind}'`).join(', ')}) GROUP BY id`,
      );
      const decided = await count(idsOf('decisions'));
      const acted = await count(idsOf('actuations'));
      const flowsIn = (await datagrams.read(log)).map(({ payload }) => flowNumber(payload));
      const sentIn = (await syslog.read(log)).flatMap(({ message }) => numberOf(message, SAYS.sent));
      const expected = await expectedOf(await counters.read(log), edge.inventory);
      const decisions = await decisionsOf.read(log);
      const actuations = await actuationsOf.read(log);
      // As the gateway names them: one list has to tell them apart.
      const forWalls = [
        ...decisions.map(({ id }) => `decision:${id}`),
        ...actuations.map(({ id }) => `actuation:${id}`),
        // What a service says of itself is of no router, and the gateway leaves it out.
        ...(await eventsOf.read(log)).filter(({ router }) => routers.has(router)).map(idOf),
      ];
      const appendedIn = [...acknowledged, ...[...unsure].filter((number) => appended.has(String(number)))];
      const sum = async (select: string): Promise<number> =>
        (await askStore<{ sum: number }>(storeUrl, select))[0]?.sum ?? 0;
      return {
        kinds: {
          appended: tally(appendedIn.map(String), appended),
          flows: tally(flowsIn.map(flowId), flows),
          syslog: tally(sentIn.map(String), sent),
          utilisation: tally(expected.samples, utilisation),
          events: tally(expected.events, events),
          decisions: tally(decisions.map(idOf), decided),
          actuations: tally(actuations.map(idOf), acted),
          live: tally([...new Set(forWalls)], live.received),
        },
        sums: {
          flowBytes: {
            found: await sum('SELECT toFloat64(sum(bytes)) AS sum FROM fairlead.flows'),
            expected: flowsIn.length * FLOW_BYTES,
          },
          flowBytesByMinute: {
            found: await sum(
              `SELECT toFloat64(sum(bytes)) AS sum FROM fairlead.flows_per_minute(${EVERY_MINUTE})`,
            ),
            expected: flowsIn.length * FLOW_BYTES,
          },
          flowPacketsByMinute: {
            found: await sum(
              `SELECT toFloat64(sum(packets)) AS sum FROM fairlead.flows_per_minute(${EVERY_MINUTE})`,
            ),
            expected: flowsIn.length * FLOW_PACKETS,
          },
          countedBytes: {
            found: Math.round(
              await sum('SELECT sum(rx_bps * interval_ms) / 8000 AS sum FROM fairlead.wan_utilisation'),
            ),
            expected: Math.round(expected.bytes),
          },
        },
        flowsInLog: new Set(flowsIn),
        actuations,
      };
    },
  };
}

const idOf = ({ id }: { readonly id: string }): string => id;
const idsOf = (table: string): string =>
  `SELECT id, toUInt32(count()) AS times FROM fairlead.${table} GROUP BY id`;

/** Messages that end with a number, by that number. */
const numbersOf = (says: string): string =>
  `SELECT extract(message, '${says} (\\\\d+)$') AS id, toUInt32(count()) AS times FROM fairlead.syslog WHERE id != '' GROUP BY id`;

function numberOf(message: string, says: string): number[] {
  const found = new RegExp(`${says} (\\d+)$`).exec(message)?.[1];
  return found === undefined ? [] : [Number(found)];
}

/** The last three bytes of the source address of the first record. */
const flowNumber = (payload: Uint8Array): number => Buffer.from(payload).readUInt32BE(24) & 0xff_ff_ff;
/** As ClickHouse writes the end of that address. */
const flowId = (number: number): string => number.toString(16).toUpperCase().padStart(6, '0');

async function countStored(storeUrl: string, select: string): Promise<Counts> {
  const rows = await askStore<{ id: string; times: number }>(storeUrl, select);
  return new Map(rows.map(({ id, times }) => [id, times]));
}

/** @param wanted ids, each as often as it should be in the store */
function tally(wanted: readonly string[], found: Counts): Tally {
  const times = new Map<string, number>();
  for (const id of wanted) times.set(id, (times.get(id) ?? 0) + 1);
  let stored = 0;
  let lost = 0;
  let duplicated = 0;
  const wrongIds: string[] = [];
  const note = (id: string, difference: number): number => {
    if (difference <= 0) return 0;
    if (wrongIds.length < MAX_WRONG_IDS) wrongIds.push(id);
    return difference;
  };
  for (const [id, count] of times) lost += note(id, count - (found.get(id) ?? 0));
  for (const [id, count] of found) {
    stored += count;
    duplicated += note(id, count - (times.get(id) ?? 0));
  }
  return { recordsIn: wanted.length, stored, lost, duplicated, wrongIds };
}
