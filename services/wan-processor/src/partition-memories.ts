import type { EventLog, LogBatch } from '@fairlead/event-log';
import type { CountersDeps } from './process-counters.ts';
import { type Restored, restorePartition } from './restore-partition.ts';
import type { CountersMemory } from './router-memory.ts';

/** Memory of one partition of counters, and how far it has been worked on. */
export interface PartitionMemory extends CountersMemory {
  /** Offset to which it goes without the last batch. */
  baseOffset: number;
  /** Offset to which it goes. */
  nextOffset: number;
  tenure: LogBatch['tenure'];
  /** A commit failed: whether it happened, and who worked on since, is not known. */
  isUnsure: boolean;
  /** Somebody saved a memory that goes to this offset, beyond where this one began. */
  readonly othersTo: number;
}

export interface PartitionMemoriesDeps {
  readonly log: EventLog;
  readonly plans: () => CountersDeps['plans'];
  readonly zoneOffset: CountersDeps['zoneOffset'];
  /** Whether others have read router states of the partition that were not read here. */
  readonly hasMissedStates: (partition: number) => Promise<boolean>;
  readonly onRestored: (partition: number, restored: Restored) => void;
}

/** The memories of the partitions of counters that this processor has or had. */
export interface PartitionMemories {
  /** Offset after the last batch of counters; undefined before the first. */
  nextOffset(partition: number): number | undefined;
  /**
   * The memory before a batch. Where others worked meanwhile, or may have, it is read from the log.
   * `isRepeated` says that records of the batch have been worked on here already.
   */
  before(batch: LogBatch): Promise<{ readonly memory: PartitionMemory; readonly isRepeated: boolean }>;
  /** What came of the last batch may not have been committed. */
  failed(partition: number): void;
}

export function createPartitionMemories(deps: PartitionMemoriesDeps): PartitionMemories {
  const { log, plans, zoneOffset, hasMissedStates, onRestored } = deps;
  const memories = new Map<number, PartitionMemory>();

  async function restore(partition: number, firstOffset: number): Promise<PartitionMemory> {
    const restored = await restorePartition(partition, firstOffset, { log, plans: plans(), zoneOffset });
    const memory: PartitionMemory = {
      ...restored.memory,
      baseOffset: firstOffset,
      nextOffset: firstOffset,
      tenure: undefined,
      isUnsure: false,
      othersTo: restored.savedTo,
    };
    memories.set(partition, memory);
    onRestored(partition, restored);
    return memory;
  }

  /** Whether nobody else can have worked between what is remembered and the batch. */
  async function goesOn(memory: PartitionMemory, { partition, tenure }: LogBatch): Promise<boolean> {
    const { nextOffset, baseOffset, othersTo, isUnsure } = memory;
    if (isUnsure) return false;
    // The commit of the owner before showed only after this memory was made: what it saved counts.
    if (baseOffset < othersTo && nextOffset >= othersTo) return false;
    return tenure === memory.tenure || !(await hasMissedStates(partition));
  }

  return {
    nextOffset: (partition) => memories.get(partition)?.nextOffset,
    async before(batch) {
      const { partition, tenure } = batch;
      const firstOffset = batch.records[0]?.offset ?? 0;
      const known = memories.get(partition);
      const isRepeated = known !== undefined && firstOffset < known.nextOffset;
      let memory = known;
      if (isRepeated && firstOffset === known.baseOffset && tenure === known.tenure) rollback(known);
      else if (known?.nextOffset === firstOffset && (await goesOn(known, batch))) commit(known);
      else memory = undefined;
      memory ??= await restore(partition, firstOffset);
      memory.baseOffset = firstOffset;
      memory.nextOffset = firstOffset;
      memory.tenure = tenure;
      return { memory, isRepeated };
    },
    failed(partition) {
      const memory = memories.get(partition);
      if (memory) memory.isUnsure = true;
    },
  };
}

export function rollback({ rates, routers }: CountersMemory): void {
  rates.rollback();
  routers.rollback();
}

function commit({ rates, routers }: CountersMemory): void {
  rates.commit();
  routers.commit();
}
