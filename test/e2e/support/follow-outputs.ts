import type { EventLog, Position } from '@fairlead/event-log';
import { type Actuation, decodeFrames } from '@fairlead/model';
import { type Topic, topics } from '@fairlead/topics';

const OUTPUTS = [topics.wanUtilisation, topics.wanEvents, topics.decisions, topics.actuations];

/** What processors made of the counters, one line for each record. */
export interface Made {
  readonly utilisation: string[];
  readonly events: string[];
  readonly decisions: string[];
  readonly actuations: string[];
}

/** Follows the outputs of a log. */
export async function followOutputs(log: EventLog): Promise<{
  readonly made: () => Made;
  /** Offset after the last record that was seen of a partition. */
  readonly seenTo: (topic: string, partition: number) => number;
}> {
  const values = new Map<string, Uint8Array[]>();
  const seen = new Map<string, number>();
  await log.subscribe({
    topics: OUTPUTS.map(({ name }) => name),
    startAt: 'earliest',
    async onBatch({ topic, partition, records }) {
      const id = `${topic}/${partition}`;
      // A reader may get a record again; what is there twice has two places.
      const fresh = records.filter(({ offset }) => offset >= (seen.get(id) ?? 0));
      values.set(topic, [...(values.get(topic) ?? []), ...fresh.map(({ value }) => value)]);
      seen.set(id, Math.max(seen.get(id) ?? 0, (records.at(-1)?.offset ?? -1) + 1));
    },
  });
  const all = <T>(topic: Topic<T>): T[] =>
    (values.get(topic.name) ?? []).flatMap((value) => decodeFrames(topic.codec, value));
  return {
    made: () => ({
      utilisation: all(topics.wanUtilisation)
        .map(({ router, wan, timeMs, rxBps, active }) => `${router} ${wan} ${timeMs} ${rxBps} ${active}`)
        .sort(),
      events: all(topics.wanEvents)
        .map(({ id, message }) => `${id} ${message}`)
        .sort(),
      decisions: all(topics.decisions)
        .map(({ id, fromMark, toMark }) => `${id} ${fromMark} ${toMark}`)
        .sort(),
      actuations: all(topics.actuations)
        .map(({ decisionId, wantedMark }: Actuation) => `${decisionId} ${wantedMark}`)
        .sort(),
    }),
    seenTo: (topic, partition) => seen.get(`${topic}/${partition}`) ?? 0,
  };
}

/** A record without content at the end of each partition of the outputs; the last place in each. */
export async function appendToAll(log: EventLog): Promise<readonly Position[]> {
  const keys = Array.from({ length: 32 }, (_, n) => `end${n}`);
  return log.append(
    OUTPUTS.flatMap(({ name }) => keys.map((key) => ({ topic: name, key, value: new Uint8Array() }))),
  );
}
