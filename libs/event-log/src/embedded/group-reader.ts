import { backoffMs, pause } from '@fairlead/runtime';
import type { LogBatch, LogRecord, NewRecord, SubscribeOptions } from '../port.ts';

/** One who reads: a member of a group, or a subscriber on its own. */
export interface Member {
  readonly options: SubscribeOptions;
  readonly stopping: AbortController;
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
   * Appends the outputs and moves the group from one offset to another, together. When the group stands elsewhere
   * (another process of the same group was faster), changes nothing and returns where it stands.
   */
  finish(lane: LanePosition, nextOffset: number, outputs: readonly NewRecord[]): Promise<number>;
}

export interface LanePosition {
  readonly topic: string;
  readonly partition: number;
  /** Offset to read next. */
  offset: number;
}

/** A group as this process sees it: its members here, and a lane for each partition that they read. */
export interface GroupReader {
  /** Members that read a topic, in the order in which they came. */
  readonly members: Member[];
  join(member: Member): void;
  /** Takes no further batch for the member; resolves when those under way are committed. */
  leave(member: Member): Promise<void>;
  /** Begins to read a partition, unless it is read already. */
  readLane(position: LanePosition): void;
  /** There may be new records. */
  wake(topics?: ReadonlySet<string>): void;
}

interface Lane {
  readonly topic: string;
  /** Ends the lane's wait for records or for another owner. */
  wake: () => void;
}

const laneId = ({ topic, partition }: LanePosition): string => `${topic}/${partition}`;

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
    await pause(lingerMs, member.stopping.signal);
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
      if (!member) {
        lanes.delete(laneId(position));
        return;
      }
      const woken = new Promise<void>((resolve) => (lane.wake = resolve));
      let batch = retry;
      try {
        if (!batch) {
          const records = await nextBatch(position, member, woken);
          if (records.length === 0 || ownerOf(position) !== member) continue;
          batch = { topic: position.topic, partition: position.partition, records };
        }
        await track(member, handle(member, position, batch));
        retry = undefined;
        failures = 0;
      } catch (error) {
        retry = batch;
        failures += 1;
        report(member, error, batch);
        await pause(backoffMs(failures, { baseMs: 100, maxMs: 10_000 }), member.stopping.signal);
      }
    }
  };

  const handle = async (member: Member, position: LanePosition, batch: LogBatch): Promise<void> => {
    const outputs = (await member.options.onBatch(batch)) ?? [];
    const last = batch.records.at(-1);
    if (last) position.offset = await deps.finish(position, last.offset + 1, outputs);
  };

  return {
    members,
    join(member) {
      members.push(member);
    },
    async leave(member) {
      const index = members.indexOf(member);
      if (index >= 0) members.splice(index, 1);
      member.stopping.abort();
      for (const lane of lanes.values()) lane.wake();
      await Promise.allSettled([...member.underWay]);
    },
    readLane(position) {
      if (lanes.has(laneId(position))) return;
      const lane: Lane = { topic: position.topic, wake: () => undefined };
      lanes.set(laneId(position), lane);
      void runLane(position, lane);
    },
    wake(topics) {
      for (const lane of lanes.values()) if (!topics || topics.has(lane.topic)) lane.wake();
    },
  };
}

async function track(member: Member, work: Promise<void>): Promise<void> {
  member.underWay.add(work);
  try {
    await work;
  } finally {
    member.underWay.delete(work);
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
