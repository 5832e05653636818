import kafkajs, { type Cluster } from 'kafkajs';
import { expect, it } from 'vitest';
import { coPartitioned } from './co-partitioned.ts';

it('gives partitions of one number to one member, whatever the numbers of members and topics', async () => {
  const cluster = {
    findTopicPartitionMetadata: () => [0, 1, 2, 3].map((partitionId) => ({ partitionId })),
  } as unknown as Cluster;
  const topics = ['counters', 'router-state'];
  const members = ['c', 'a', 'b'].map((memberId) => ({ memberId, memberMetadata: Buffer.alloc(0) }));
  const assigner = coPartitioned({ cluster, groupId: 'g', logger: {} as never });
  const given = await assigner.assign({ members, topics });
  const decoded = given.map(
    ({ memberId, memberAssignment }) =>
      [memberId, kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment] as const,
  );
  expect(decoded).toEqual([
    ['a', { counters: [0, 3], 'router-state': [0, 3] }],
    ['b', { counters: [1], 'router-state': [1] }],
    ['c', { counters: [2], 'router-state': [2] }],
  ]);
  const { metadata } = assigner.protocol({ topics });
  expect(kafkajs.AssignerProtocol.MemberMetadata.decode(metadata)?.topics).toEqual(topics);
});
