import { type Topic, topics } from '@fairlead/topics';

const shortName = (topic: Topic<unknown>): string =>
  topic.name.replace(/^fairlead\./, '').replace(/\.v\d+$/, '');

const byShortName = new Map<string, Topic<unknown>>(
  Object.values(topics).map((topic) => [shortName(topic as Topic<unknown>), topic as Topic<unknown>]),
);

/** Names that the command line takes: `raw.netflow`, `wan-events` and so on. */
export const topicNames: readonly string[] = [...byShortName.keys()];

/** The topic of a short or full name. */
export function findTopic(name: string): Topic<unknown> | undefined {
  return byShortName.get(name) ?? [...byShortName.values()].find((topic) => topic.name === name);
}
