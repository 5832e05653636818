import type { Database } from 'lmdb';
import type { ProcessIdentity } from './process-identity.ts';

/** An opened log that takes part in groups. */
export interface Participant {
  readonly id: string;
  readonly identity: ProcessIdentity;
  /** Counts up for as long as it lives. */
  readonly beat: number;
}

/** A participant in one group. */
export interface GroupMember {
  readonly id: string;
  readonly topics: readonly string[];
  /** Place in the order in which all members came. */
  readonly joined: number;
}

/** Who may read a partition for a group. It is free when its owner is no member of the group (any more). */
export interface Lease {
  readonly owner: string | undefined;
  /** Another number each time it is taken. */
  readonly tenure: number;
}

/** Who shares which partition, as all processes on the directory see it. Changed inside a transaction only. */
export interface GroupTable {
  participant(id: string): Participant | undefined;
  putParticipant(participant: Participant): void;
  removeParticipant(id: string): void;
  /** In the order in which they joined. */
  members(group: string): readonly GroupMember[];
  /** Adds a member behind all others, or changes the topics of one that is there. */
  putMember(group: string, id: string, topics: readonly string[]): void;
  removeMember(group: string, id: string): void;
  lease(group: string, topicId: number, partition: number): Lease;
  putLease(group: string, topicId: number, partition: number, lease: Lease): void;
  /** Groups that have members or have committed. */
  groupNames(): readonly string[];
}

export type GroupKey = [
  kind: 'participant' | 'joins' | 'member' | 'lease' | 'group',
  ...rest: (string | number)[],
];

const FREE: Lease = { owner: undefined, tenure: 0 };
/** Sorts after every name that `checkName` lets pass. */
const HIGHEST = '\uffff';

export function createGroupTable(meta: Database<unknown, GroupKey>): GroupTable {
  const members = (group: string): GroupMember[] =>
    [...meta.getRange({ start: ['member', group], end: ['member', group, HIGHEST] })]
      .map(({ value }) => value as GroupMember)
      .sort((a, b) => a.joined - b.joined);

  const namesUnder = (kind: 'member' | 'group'): Set<string> => {
    const names = new Set<string>();
    for (;;) {
      const last = [...names].at(-1);
      const start: GroupKey = last === undefined ? [kind] : [kind, last, HIGHEST];
      const [key] = [...meta.getKeys({ start, end: [kind, HIGHEST], limit: 1 })];
      if (key === undefined) return names;
      names.add(String(key[1]));
    }
  };

  return {
    participant: (id) => meta.get(['participant', id]) as Participant | undefined,
    putParticipant: (participant) => void meta.put(['participant', participant.id], participant),
    removeParticipant: (id) => void meta.remove(['participant', id]),
    members,
    putMember(group, id, topics) {
      const known = members(group).find((member) => member.id === id);
      const joins = (meta.get(['joins']) as number | undefined) ?? 0;
      if (!known) void meta.put(['joins'], joins + 1);
      const joined = known?.joined ?? joins;
      void meta.put(['member', group, id], { id, topics, joined } satisfies GroupMember);
    },
    removeMember: (group, id) => void meta.remove(['member', group, id]),
    lease: (group, topicId, partition) =>
      (meta.get(['lease', group, topicId, partition]) as Lease | undefined) ?? FREE,
    putLease: (group, topicId, partition, lease) =>
      void meta.put(['lease', group, topicId, partition], lease),
    groupNames: () => [...new Set([...namesUnder('member'), ...namesUnder('group')])].sort(),
  };
}
