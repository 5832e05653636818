import type { GroupReader } from './group-reader.ts';
import type { GroupMember } from './group-table.ts';
import type { Liveness } from './liveness.ts';
import type { Storage, StoredTopic } from './storage.ts';

export interface GroupSessionDeps {
  readonly group: string;
  /** This opened log among the members. */
  readonly self: string;
  readonly storage: Storage;
  readonly liveness: Liveness;
  readonly reader: GroupReader;
  /** Runs the work in one transaction. */
  write<T>(work: () => T): Promise<T>;
}

/** What this process does to share the partitions of one group with other processes. */
export interface GroupSession {
  /**
   * Compares who should read what with who does: gives up what is another's by now (after the batch under way), takes
   * what is ours and free, and removes members that have ended. Cheap when there is nothing to do.
   */
  check(): Promise<void>;
  /** Gives one partition back; called when its reading has ended. */
  release(topic: string, partition: number): Promise<void>;
  /** Leaves the group with all that it holds. */
  leave(): Promise<void>;
}

interface Lane {
  readonly topic: string;
  readonly stored: StoredTopic;
  readonly partition: number;
}

/**
 * The owner of a partition. The same partition number of all topics goes to the same member, so that what concerns one
 * router stays together.
 */
function ownerOf(topic: string, partition: number, members: readonly GroupMember[]): string | undefined {
  const readers = members.filter(({ topics }) => topics.includes(topic));
  return readers[partition % readers.length]?.id;
}

/**
 * Members agree by a table that all of them see, and that changes in transactions: whoever joined, in which order, and a
 * lease for each partition. A lease is taken only when it is free, and a batch is committed only under its lease, so
 * a process that was stopped for long, and does not know yet that it is out, commits nothing.
 */
export function createGroupSession(deps: GroupSessionDeps): GroupSession {
  const { group, self, storage, liveness, reader, write } = deps;
  const table = storage.groups;
  let hasLeft = false;
  let checking: Promise<void> | undefined;

  const lanes = (): Lane[] =>
    reader.topics().flatMap((topic) => {
      const stored = storage.topic(topic);
      if (!stored) return [];
      return Array.from({ length: stored.partitions }, (_, partition) => ({ topic, stored, partition }));
    });

  const isFree = (lane: Lane, members: readonly GroupMember[]): boolean => {
    const { owner } = table.lease(group, lane.stored.id, lane.partition);
    return owner === undefined || owner === self || members.every(({ id }) => id !== owner);
  };

  const checkNow = async (): Promise<void> => {
    const registered = table.members(group);
    const gone = registered.filter(({ id }) => id !== self && liveness.isGone(id));
    const members = registered.filter((member) => !gone.includes(member));
    const own = members.find(({ id }) => id === self);
    const topics = reader.topics();
    const isCurrent = own !== undefined && sameNames(own.topics, topics);
    const takes: Lane[] = [];
    const gives: Lane[] = [];
    for (const lane of lanes()) {
      const isOurs = ownerOf(lane.topic, lane.partition, members) === self;
      const isHeld = table.lease(group, lane.stored.id, lane.partition).owner === self;
      const isRead = reader.reads(lane.topic, lane.partition);
      if (isRead && !(isOurs && isHeld)) reader.endLane(lane.topic, lane.partition);
      else if (isOurs && !isRead && isFree(lane, members)) takes.push(lane);
      else if (!isOurs && !isRead && isHeld) gives.push(lane);
    }
    if (isCurrent && gone.length === 0 && takes.length === 0 && gives.length === 0) return;

    const taken = await write(() => {
      if (hasLeft) return [];
      for (const { id } of gone) if (liveness.isGone(id)) table.removeMember(group, id);
      if (!isCurrent) table.putMember(group, self, topics);
      const now = table.members(group);
      for (const { stored, partition } of gives) giveUp(stored, partition);
      return takes
        .filter((lane) => isFree(lane, now) && ownerOf(lane.topic, lane.partition, now) === self)
        .map((lane) => take(lane));
    });
    for (const position of taken) reader.readLane(position);
    // Who has just joined sees only now which partitions are its own.
    if (!isCurrent && !hasLeft) await checkNow();
  };

  const take = ({ topic, stored, partition }: Lane) => {
    const tenure = table.lease(group, stored.id, partition).tenure + 1;
    table.putLease(group, stored.id, partition, { owner: self, tenure });
    return { topic, partition, tenure, offset: storage.committed(group, stored, partition) ?? 0 };
  };

  const giveUp = (stored: StoredTopic, partition: number): void => {
    const { owner, tenure } = table.lease(group, stored.id, partition);
    if (owner === self) table.putLease(group, stored.id, partition, { owner: undefined, tenure });
  };

  return {
    async check() {
      // One that runs already may have looked before what this call is about.
      while (checking) await checking;
      if (hasLeft) return;
      checking = checkNow().finally(() => (checking = undefined));
      await checking;
    },
    async release(topic, partition) {
      const stored = storage.topic(topic);
      if (stored && !hasLeft) await write(() => giveUp(stored, partition));
    },
    async leave() {
      hasLeft = true;
      await checking?.catch(() => undefined);
      await write(() => table.removeMember(group, self));
    },
  };
}

const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name) => b.includes(name));
