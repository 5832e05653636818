import { groupPosition } from '../group-position.ts';
import type { PartitionDescription } from '../port.ts';
import type { Storage, StoredTopic } from './storage.ts';

/** Every partition of those of these topics that exist. */
export function describeTopics(storage: Storage, topics: readonly string[]): PartitionDescription[] {
  const existing = topics.filter((name) => storage.topic(name));
  const groups = storage.groups.groupNames();
  return storage.partitions(existing).map(({ stored, topic, partition }) => {
    const { first, next, bytes } = storage.state(stored, partition);
    const bounds = { firstOffset: first, nextOffset: next };
    const positions = groups.flatMap((group) => {
      const committed = storage.committed(group, stored, partition);
      const owner = ownerOf(storage, group, stored, partition);
      if (committed === undefined && owner === undefined) return [];
      return [groupPosition(group, committed ?? first, bounds, owner)];
    });
    return { topic, partition, ...bounds, bytes, groups: positions };
  });
}

function ownerOf(
  storage: Storage,
  group: string,
  stored: StoredTopic,
  partition: number,
): string | undefined {
  const { owner } = storage.groups.lease(group, stored.id, partition);
  if (owner === undefined || storage.groups.members(group).every(({ id }) => id !== owner)) return undefined;
  const pid = storage.groups.participant(owner)?.identity.pid;
  return pid === undefined ? undefined : `pid ${pid}`;
}
