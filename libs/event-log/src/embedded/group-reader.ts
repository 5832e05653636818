import { backoffMs, pause } from '@fairlead/runtime';
import type { LogBatch, LogRecord, NewRecord, SubscribeOptions } from '../port.ts';

/** One who reads: a member of a group, or a subscriber on its own. */
export interface Member {
  readonly options: SubscribeOptions;
  /** Calls of `onBatch` under way, until their commits. */
  readonly underWay: Set<Promise<void>>;
}

/** What a lane needs of the log. */
export interface LaneDeps {
  /** Records up to `maxBytes`, at least one if there is one; `more` when others lie behind them. */
  read(
    topic: string,
    partition: number,
    fromOffset: number,
    maxBytes: number,
  ): { readonly records: readonly LogRecord[]; readonly more: boolean };
  /**
   * Appends the outputs and moves the group behind the batch, together. When the partition is another's by now, changes
   * nothing and returns false.
   */
  finish(lane: LanePosition, nextOffset: number, outputs: readonly NewRecord[]): Promise<boolean>;
  /** The partition is not read any more. */
  ended(lane: LanePosition): void;
}

export interface LanePosition {
  readonly topic: string;
  readonly partition: number;
  /** Number of the lease under which the partition is read. */
  readonly tenure: number;
  /** Offset to read next. */
  offset: number;
}

/** A group as this process sees it: its members here, and a lane for each partition that they read. */
export interface GroupReader {
  /** In the order in which they came. */
  readonly members: Member[];
  /** Topics that some member reads. */
  topics(): readonly string[];
  join(member: Member): void;
  /** Takes no further batch for the member; resolves when those under way are committed. */
  leave(member: Member): Promise<void>;
  /** Begins to read a partition, unless it is read already. */
  readLane(position: LanePosition): void;
  reads(topic: string, partition: number): boolean;
  /** Ends the reading of a partition after the batch under way. */
  endLane(topic: string, partition: number): void;
  /** There may be new records. */
  wake(topics?: ReadonlySet<string>): void;
}

interface Lane {
  readonly topic: string;
  isEnding: boolean;
  /** Ends the lane's wait for records. */
  wake: () => void;
  /** Ends its other pauses. */
  hurry: AbortController;
}

/** Asked anew each time: it changes while the lane waits. */
const isEnding = (lane: Lane): boolean => lane.isEnding;

const laneId = (topic: string, partition: number): string => `${topic}/${partition}`;

const DEFAULT_MAX_BATCH_BYTES = 2 ** 20;

/**
 * Shares partitions among members. Each partition has one lane, a loop that gives batch after batch to the member that
 * owns the partition at that moment; so a partition never has two calls under way, and when members come or go its next
 * batch simply goes to the new owner.
 */
export function createGroupReader(deps: LaneDeps): GroupReader {
  const members: Member[] = [];
  const lanes = new Map<string, Lane>();

  const ownerOf = ({ topic, partition }: LanePosition): Member | undefined => {
    const readers = members.filter((member) => member.options.topics.includes(topic));
    return readers[partition % readers.length];
  };

  const nextBatch = async (
    position: LanePosition,
    member: Member,
    lane: Lane,
    woken: Promise<void>,
  ): Promise<readonly LogRecord[]> => {
    const { maxBatchBytes = DEFAULT_MAX_BATCH_BYTES, lingerMs = 0 } = member.options;
    const { topic, partition } = position;
    const { records, more } = deps.read(topic, partition, position.offset, maxBatchBytes);
    const last = records.at(-1);
    if (!last) {
      await woken;
      return [];
    }
    if (lingerMs === 0 || more) return records;
    await pause(lingerMs, lane.hurry.signal);
    const roomBytes = maxBatchBytes - bytesOf(records);
    if (roomBytes <= 0) return records;
    const later = deps.read(topic, partition, last.offset + 1, roomBytes).records;
    return later.length === 0 ? records : [...records, ...later];
  };

  const runLane = async (position: LanePosition, lane: Lane): Promise<void> => {
    let retry: LogBatch | undefined;
    let failures = 0;
    for (;;) {
      const member = ownerOf(position);
      if (!member || isEnding(lane)) return;
      const woken = new Promise<void>((resolve) => (lane.wake = resolve));
      lane.hurry = new AbortController();
      let batch = retry;
      try {
        if (!batch) {
          const records = await nextBatch(position, member, lane, woken);
          if (records.length === 0 || isEnding(lane) || ownerOf(position) !== member) continue;
          const { topic, partition, tenure } = position;
          batch = { topic, partition, tenure, records };
        }
        if (!(await track(member, handle(member, position, batch)))) return;
        retry = undefined;
        failures = 0;
      } catch (error) {
        retry = batch;
        failures += 1;
        report(member, error, batch);
        await pause(backoffMs(failures, { baseMs: 100, maxMs: 10_000 }), lane.hurry.signal);
      }
    }
  };

  const handle = async (member: Member, position: LanePosition, batch: LogBatch): Promise<boolean> => {
    const outputs = (await member.options.onBatch(batch)) ?? [];
    const nextOffset = (batch.records.at(-1)?.offset ?? position.offset - 1) + 1;
    const isOurs = await deps.finish(position, nextOffset, outputs);
    position.offset = nextOffset;
    return isOurs;
  };

  const hurry = (lane: Lane): void => {
    lane.wake();
    lane.hurry.abort();
  };

  return {
    members,
    topics: () => [...new Set(members.flatMap(({ options }) => options.topics))],
    join(member) {
      members.push(member);
    },
    async leave(member) {
      const index = members.indexOf(member);
      if (index >= 0) members.splice(index, 1);
      for (const lane of lanes.values()) hurry(lane);
      await Promise.allSettled([...member.underWay]);
    },
    readLane(position) {
      const id = laneId(position.topic, position.partition);
      if (lanes.has(id)) return;
      const lane: Lane = {
        topic: position.topic,
        isEnding: false,
        wake: () => undefined,
        hurry: new AbortController(),
      };
      lanes.set(id, lane);
      void runLane(position, lane).finally(() => {
        lanes.delete(id);
        deps.ended(position);
      });
    },
    reads: (topic, partition) => lanes.has(laneId(topic, partition)),
    endLane(topic, partition) {
      const lane = lanes.get(laneId(topic, partition));
      if (!lane) return;
      lane.isEnding = true;
      hurry(lane);
    },
    wake(topics) {
      for (const lane of lanes.values()) if (!topics || topics.has(lane.topic)) lane.wake();
    },
  };
}

async function track<T>(member: Member, work: Promise<T>): Promise<T> {
  const settled = work.then(
    () => undefined,
    () => undefined,
  );
  member.underWay.add(settled);
  try {
    return await work;
  } finally {
    member.underWay.delete(settled);
  }
}

/** A reporter that throws must not end the lane. */
function report(member: Member, error: unknown, batch: LogBatch | undefined): void {
  try {
    member.options.onError?.(error, batch);
  } catch {
    // It has been told; what it does with that is its own affair.
  }
}

const bytesOf = (records: readonly LogRecord[]): number =>
  records.reduce((sum, record) => sum + record.value.byteLength, 0);
