import { type Admin, AssignerProtocol } from 'kafkajs';
import { groupPosition } from '../group-position.ts';
import type { GroupPosition, PartitionDescription } from '../port.ts';
import type { Topics } from './topics.ts';

/** Every partition of those of these topics that exist. The owner is the client's id and address, as the broker knows them. */
export async function describeTopics(
  admin: Admin,
  topics: Topics,
  names: readonly string[],
): Promise<PartitionDescription[]> {
  const existing = new Set(await admin.listTopics());
  const wanted = names.filter((name) => existing.has(name));
  const { groups: listed } = await admin.listGroups();
  const groupIds = listed.map(({ groupId }) => groupId).sort();
  const owners = await readOwners(admin, groupIds);
  const committed = new Map<string, number>();
  for (const groupId of groupIds) {
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId, topics: wanted })) {
      for (const { partition, offset } of partitions) {
        if (Number(offset) >= 0) committed.set(keyOf(groupId, topic, partition), Number(offset));
      }
    }
  }
  const described: PartitionDescription[] = [];
  for (const name of wanted) {
    for (const info of await topics.offsets(name)) {
      const groups = groupIds.flatMap((group): GroupPosition[] => {
        const key = keyOf(group, name, info.partition);
        const offset = committed.get(key);
        if (offset === undefined && !owners.has(key)) return [];
        return [groupPosition(group, offset ?? info.firstOffset, info, owners.get(key))];
      });
      described.push({ ...info, groups });
    }
  }
  return described;
}

async function readOwners(admin: Admin, groupIds: string[]): Promise<Map<string, string>> {
  const owners = new Map<string, string>();
  if (groupIds.length === 0) return owners;
  const { groups } = await admin.describeGroups(groupIds);
  for (const { groupId, members } of groups) {
    for (const { clientId, clientHost, memberAssignment } of members) {
      if (memberAssignment.length === 0) continue;
      const decoded = AssignerProtocol.MemberAssignment.decode(memberAssignment);
      for (const [topic, partitions] of Object.entries(decoded?.assignment ?? {})) {
        for (const partition of partitions) {
          owners.set(keyOf(groupId, topic, partition), `${clientId} ${clientHost.replace(/^\//, '')}`);
        }
      }
    }
  }
  return owners;
}

const keyOf = (group: string, topic: string, partition: number): string => `${group} ${topic} ${partition}`;
