import type { EventLog } from '@fairlead/event-log';
import { decodeFrames, RawDatagram } from '@fairlead/model';
import { topics } from '@fairlead/topics';
import { askStore } from '../../e2e/support/fairlead-process.ts';
import { FLOW_BYTES, type Producer } from './producer.ts';

/** How many of the numbered records are in the store, and how often. */
export interface Comparison {
  readonly recordsIn: number;
  readonly stored: number;
  /** In the log, and not in the store. */
  readonly lost: number;
  /** Times that a record is in the store beyond the first. */
  readonly duplicated: number;
  /** Bytes of the flows by the rows, and by what should be there. */
  readonly sums: { readonly rows: number; readonly expected: number };
}

/**
 * What the log was given against what the store holds. Of a message whose append was not answered either outcome is
 * right, but not twice.
 */
export async function compare(
  log: EventLog,
  producer: Pick<Producer, 'acknowledged' | 'unsure'>,
  storeUrl: string,
): Promise<Comparison> {
  const messages = await countStored(
    storeUrl,
    `SELECT hex(toUInt32(extract(message, '\\\\d+$'))) AS number, toUInt32(count()) AS times FROM fairlead.syslog GROUP BY number`,
  );
  const flows = await countStored(
    storeUrl,
    'SELECT substring(hex(src_address), 27) AS number, toUInt32(count()) AS times FROM fairlead.flows GROUP BY number',
  );
  const inputs = await readDatagramNumbers(log);
  const [sum] = await askStore<{ bytes: number }>(
    storeUrl,
    'SELECT toFloat64(sum(bytes)) AS bytes FROM fairlead.flows',
  );
  const ofMessages = tally(countOnce(producer.acknowledged), messages);
  const ofFlows = tally(inputs, flows);
  const unsureStored = [...producer.unsure].filter((number) => messages.has(number)).length;
  return {
    recordsIn: producer.acknowledged.size + unsureStored + total(inputs),
    stored: total(messages) + total(flows),
    lost: ofMessages.lost + ofFlows.lost,
    duplicated: ofMessages.duplicated + ofFlows.duplicated,
    sums: { rows: sum?.bytes ?? 0, expected: total(inputs) * FLOW_BYTES },
  };
}

/** Numbers, which the statement gives in hex, and how often each is there. */
async function countStored(storeUrl: string, sql: string): Promise<Map<number, number>> {
  const rows = await askStore<{ number: string; times: number }>(storeUrl, sql);
  return new Map(rows.map(({ number, times }) => [Number.parseInt(number, 16), times]));
}

/** The numbers of all datagrams in the log, each with how often it is there. */
async function readDatagramNumbers(log: EventLog): Promise<Map<number, number>> {
  const numbers = new Map<number, number>();
  const { name } = topics.rawNetflow;
  for (const { partition, firstOffset, nextOffset } of await log.partitions(name)) {
    for (let offset = firstOffset; offset < nextOffset;) {
      const records = await log.read(name, partition, offset, 10_000);
      if (records.length === 0) break;
      for (const { value } of records) {
        for (const { payload } of decodeFrames(RawDatagram, value)) {
          const number = Buffer.from(payload).readUInt32BE(24) & 0xff_ff_ff;
          numbers.set(number, (numbers.get(number) ?? 0) + 1);
        }
      }
      offset = (records.at(-1)?.offset ?? offset) + 1;
    }
  }
  return numbers;
}

function tally(
  wanted: ReadonlyMap<number, number>,
  found: ReadonlyMap<number, number>,
): { lost: number; duplicated: number } {
  let lost = 0;
  let duplicated = 0;
  for (const [number, times] of wanted) lost += Math.max(0, times - (found.get(number) ?? 0));
  for (const [number, times] of found)
    duplicated += Math.max(0, times - Math.max(1, wanted.get(number) ?? 1));
  return { lost, duplicated };
}

const countOnce = (numbers: ReadonlySet<number>): Map<number, number> =>
  new Map([...numbers].map((number) => [number, 1]));
const total = (counts: ReadonlyMap<number, number>): number =>
  [...counts.values()].reduce((sum, times) => sum + times, 0);
