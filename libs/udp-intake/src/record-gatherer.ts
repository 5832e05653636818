import { type Codec, encodeFrames } from '@fairlead/model';
import type { Gatherer } from './batch-queue.ts';

/** Keeps a copy of each item, and makes records of them only when the value is asked for. */
export function gatherRecords<T extends object, R>(codec: Codec<R>, toRecord: (item: T) => R): Gatherer<T> {
  const items: T[] = [];
  return {
    add: (item) => void items.push({ ...item }),
    finish: () => encodeFrames(codec, items.map(toRecord)),
    recycle: () => undefined,
  };
}
