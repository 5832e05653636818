import type { ConfigItem } from '../config/config-table.ts';

/** Spreads connections as PCC and Nth do: the hash of RouterOS is not known, that of this one is as even. */
export interface Classifier {
  /** The verdict over the rules that the next connection passes. */
  next(): (rule: ConfigItem) => boolean;
}

/** A prime near the golden section of 2^32, which scatters consecutive numbers evenly. */
const SCATTER = 2_654_435_761;

export function createClassifier(): Classifier {
  const seen = new Map<string, number>();
  let connections = 0;
  return {
    next() {
      connections += 1;
      const hash = Math.floor(((connections * SCATTER) % 2 ** 32) / 2 ** 8);
      return ({ id, properties }) => {
        const [, buckets, bucket] =
          /:(\d+)\/(\d+)$/.exec(properties['per-connection-classifier'] ?? '') ?? [];
        if (buckets !== undefined && hash % Number(buckets) !== Number(bucket)) return false;
        const [every, wanted] = (properties['nth'] ?? '').split(',').map(Number);
        if (every === undefined || wanted === undefined) return true;
        const count = ((seen.get(id) ?? 0) % every) + 1;
        seen.set(id, count);
        return count === wanted;
      };
    },
  };
}
