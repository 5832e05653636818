import type { Admin } from 'kafkajs';
import { expect, it } from 'vitest';
import { createTopics } from './topics.ts';

const TOPIC = { name: 'new', partitions: 1, retentionMs: 3_600_000, retentionBytes: 2 ** 20 };

/** A fake: the admin client of a cluster whose brokers answer about a new topic as told, and then know it. */
function fakeAdmin(answers: readonly string[]): { readonly admin: Admin; readonly asked: string[] } {
  const asked: string[] = [];
  const left = [...answers];
  const admin = {
    listTopics: async () => [],
    createTopics: async () => true,
    fetchTopicMetadata: async ({ topics }: { topics: string[] }) => {
      asked.push(...topics);
      const type = left.shift();
      if (type !== undefined) throw Object.assign(new Error(`answered ${type}`), { type });
      return { topics: [{ name: TOPIC.name, partitions: [{ partitionId: 0 }] }] };
    },
  };
  return { admin: admin as unknown as Admin, asked };
}

it('waits for brokers that have not heard of a new topic, or have no leader for it yet', async () => {
  const { admin, asked } = fakeAdmin(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE']);
  await createTopics(admin, 30_000).ensure([TOPIC]);
  expect(asked).toEqual(['new', 'new', 'new']);
});

it('says what a broker answers when that does not end', async () => {
  const { admin } = fakeAdmin(Array.from({ length: 100 }, () => 'UNKNOWN_TOPIC_OR_PARTITION'));
  await expect(createTopics(admin, 250).ensure([TOPIC])).rejects.toThrow(
    'answered UNKNOWN_TOPIC_OR_PARTITION',
  );
});

it('does not wait when a broker refuses', async () => {
  const { admin, asked } = fakeAdmin(['TOPIC_AUTHORIZATION_FAILED']);
  await expect(createTopics(admin, 30_000).ensure([TOPIC])).rejects.toThrow('TOPIC_AUTHORIZATION_FAILED');
  expect(asked).toEqual(['new']);
});
