import { type Topic, topics } from '@fairlead/topics';

/** The name without what all have: `raw.netflow` of `fairlead.raw.netflow.v1`. */
export const shortName = (name: string): string => name.replace(/^fairlead\./, '').replace(/\.v\d+$/, '');

const byShortName = new Map<string, Topic<unknown>>(
  Object.values(topics).map((topic) => [shortName(topic.name), topic as Topic<unknown>]),
);

/** Names that the command line takes: `raw.netflow`, `wan-events` and so on. */
export const topicNames: readonly string[] = [...byShortName.keys()];

/** The topic of a short or full name. */
export function findTopic(name: string): Topic<unknown> | undefined {
  return byShortName.get(name) ?? [...byShortName.values()].find((topic) => topic.name === name);
}
