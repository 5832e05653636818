import type { LogWriter } from '../log-writer.ts';
import { checkName } from '../names.ts';
import type { NewRecord, SubscribeOptions, Subscription } from '../port.ts';
import { bytesOf, type Framed, frameAll, putAll } from './framing.ts';
import { createGroupReader, type GroupReader, type LanePosition, type Member } from './group-reader.ts';
import { createGroupSession, type GroupSession } from './group-session.ts';
import { createLiveness } from './liveness.ts';
import type { Storage } from './storage.ts';

export interface SubscriptionsDeps {
  readonly storage: Storage;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  readonly logger: LogWriter;
  /** Runs the work in one transaction, and wakes the readers of the topics that it appends to. */
  write<T>(work: () => T, options?: { readonly bytes: number; readonly topics: Set<string> }): Promise<T>;
}

/** Everything that this process reads of the log. */
export interface Subscriptions {
  add(options: SubscribeOptions): Promise<Subscription>;
  readonly size: number;
  /** There may be new records. */
  wake(topics?: ReadonlySet<string>): void;
  /** Looks after new records of other processes, and after who reads what. */
  poll(): void;
  stop(): Promise<void>;
}

export function createSubscriptions(deps: SubscriptionsDeps): Subscriptions {
  const { storage, nowMs, monotonicMs, logger, write } = deps;
  const liveness = createLiveness(storage.groups, monotonicMs);
  const groups = new Map<string, { readonly reader: GroupReader; readonly session: GroupSession }>();
  const readers = new Set<GroupReader>();
  const stops = new Set<() => Promise<void>>();
  let polling: Promise<void> | undefined;

  const put = (framed: readonly Framed[]) => ({
    bytes: bytesOf(framed),
    topics: new Set(framed.map(({ topic }) => topic)),
  });

  const finishBatch =
    (group: string | undefined) =>
    async (lane: LanePosition, nextOffset: number, outputs: readonly NewRecord[]): Promise<boolean> => {
      const framed = frameAll(storage, outputs, nowMs());
      const stored = storage.existing(lane.topic);
      if (group === undefined) {
        if (framed.length > 0) await write(() => putAll(storage, framed), put(framed));
        return true;
      }
      return write(() => {
        const { owner, tenure } = storage.groups.lease(group, stored.id, lane.partition);
        if (owner !== liveness.self || tenure !== lane.tenure) return false;
        putAll(storage, framed);
        storage.commit(group, stored, lane.partition, nextOffset);
        return true;
      }, put(framed));
    };

  const read = (topic: string, partition: number, fromOffset: number, bytes: number) =>
    storage.read(topic, partition, fromOffset, { records: Number.MAX_SAFE_INTEGER, bytes });

  const check = (group: string, session: GroupSession): Promise<void> =>
    session.check().catch((err: unknown) => {
      logger.error({ err, group }, 'sharing the partitions of the group failed; it is tried again');
    });

  const loneReader = (): GroupReader => {
    const reader = createGroupReader({ read, finish: finishBatch(undefined), ended: () => undefined });
    readers.add(reader);
    return reader;
  };

  const openGroup = (group: string): { readonly reader: GroupReader; readonly session: GroupSession } => {
    const known = groups.get(group);
    if (known) return known;
    const reader = createGroupReader({
      read,
      finish: finishBatch(group),
      ended: ({ topic, partition }) => {
        const released = session.release(topic, partition).then(() => check(group, session));
        void released.catch((err: unknown) => {
          logger.error({ err, group, topic, partition }, 'a partition could not be given back yet');
        });
      },
    });
    const session = createGroupSession({ group, self: liveness.self, storage, liveness, reader, write });
    readers.add(reader);
    groups.set(group, { reader, session });
    return { reader, session };
  };

  /** A group that starts at the end commits that, so that it misses nothing from here on. */
  const commitEnds = (group: string, topics: readonly string[]): Promise<void> =>
    write(() => {
      for (const { stored, partition } of storage.partitions(topics)) {
        if (storage.committed(group, stored, partition) !== undefined) continue;
        storage.commit(group, stored, partition, storage.state(stored, partition).next);
      }
    });

  const look = async (): Promise<void> => {
    if (groups.size === 0) return;
    const members = [...groups.keys()].flatMap((group) => storage.groups.members(group));
    const others = new Set(members.map(({ id }) => id).filter((id) => id !== liveness.self));
    if (liveness.look(others)) {
      try {
        await write(() => liveness.beat());
      } catch {
        liveness.beatFailed();
        return;
      }
    }
    for (const [group, { session }] of groups) await check(group, session);
  };

  const startLone = (member: Member): GroupReader => {
    const reader = loneReader();
    reader.join(member);
    const { topics, startAt } = member.options;
    for (const { stored, topic, partition } of storage.partitions(topics)) {
      const offset = startAt === 'latest' ? storage.state(stored, partition).next : 0;
      reader.readLane({ topic, partition, tenure: 0, offset });
    }
    return reader;
  };

  const startMember = async (group: string, member: Member): Promise<GroupReader> => {
    const { topics, startAt } = member.options;
    if (startAt === 'latest') await commitEnds(group, topics);
    if (groups.size === 0) await write(() => liveness.beat());
    const { reader, session } = openGroup(group);
    reader.join(member);
    await session.check();
    return reader;
  };

  const end = async (group: string | undefined, reader: GroupReader, member: Member): Promise<void> => {
    await reader.leave(member);
    const session = group === undefined ? undefined : groups.get(group)?.session;
    if (reader.members.length > 0) {
      if (group !== undefined && session) await check(group, session);
      return;
    }
    readers.delete(reader);
    if (group === undefined || groups.get(group)?.reader !== reader) return;
    groups.delete(group);
    await session?.leave().catch((err: unknown) => {
      logger.warn({ err, group }, 'could not leave the group; the others will notice');
    });
    if (groups.size === 0)
      await write(() => storage.groups.removeParticipant(liveness.self)).catch(() => undefined);
  };

  return {
    async add(options) {
      const { group, topics } = options;
      if (group !== undefined) checkName('group', group);
      storage.partitions(topics);
      const member: Member = { options, underWay: new Set() };
      const reader = group === undefined ? startLone(member) : await startMember(group, member);
      let stopped: Promise<void> | undefined;
      const stop = (): Promise<void> => {
        stops.delete(stop);
        return (stopped ??= end(group, reader, member));
      };
      stops.add(stop);
      return { stop };
    },
    get size() {
      return stops.size;
    },
    wake(topics) {
      for (const reader of readers) reader.wake(topics);
    },
    poll() {
      for (const reader of readers) reader.wake();
      polling ??= look()
        .catch((err: unknown) => logger.error({ err }, 'looking after the groups failed; it is tried again'))
        .finally(() => (polling = undefined));
    },
    async stop() {
      await Promise.all([...stops].map((stop) => stop()));
      await polling;
    },
  };
}
