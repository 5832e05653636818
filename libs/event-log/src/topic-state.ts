import type { TopicDifference, TopicSpec, TopicState } from './port.ts';

/** The settings that an existing topic has, as far as they can be told. */
export interface FoundTopic {
  readonly partitions: number;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly compacted: boolean;
}

/** Compares a topic with what it should be; absent is `undefined`. Retention means nothing to a compacted topic. */
export function compareTopic(wanted: TopicSpec, found: FoundTopic | undefined): TopicState {
  const { name } = wanted;
  if (!found) return { name, exists: false, differences: [] };
  const compacted = wanted.compacted ?? false;
  const differences = [
    differ('partitions', wanted.partitions, found.partitions),
    differ('compacted', compacted, found.compacted),
  ];
  if (!compacted) {
    differences.push(
      differ('retentionMs', wanted.retentionMs, found.retentionMs),
      differ('retentionBytes', wanted.retentionBytes, found.retentionBytes),
    );
  }
  return { name, exists: true, differences: differences.flat() };
}

const differ = (
  setting: TopicDifference['setting'],
  wanted: number | boolean,
  found: number | boolean,
): TopicDifference[] => (wanted === found ? [] : [{ setting, wanted: String(wanted), found: String(found) }]);
