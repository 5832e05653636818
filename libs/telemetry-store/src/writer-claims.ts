import { randomUUID } from 'node:crypto';
import { pause } from '@fairlead/runtime';
import { StoreError } from './port.ts';
import { quoteText } from './sql-text.ts';

/** Runs one statement on the server. */
export type Execute = (statement: string) => Promise<string>;

/** The claims of this process on partitions of the log. */
export interface WriterClaims {
  /**
   * Makes this process the only writer of a partition: inserts of earlier claims that come from now on are refused, and those
   * under way have ended when this resolves.
   * @throws StoreError, retriable, when an insert of before does not end
   */
  claim(topic: string, partition: number): Promise<void>;
  /**
   * Holds for every record while the claim of this process is the newest one, and makes the server refuse the insert when
   * it is not; undefined without a claim.
   */
  condition(topic: string, partition: number): string | undefined;
}

export interface WriterClaimsOptions {
  /** Where the statements under way are found. */
  readonly processes?: string;
  readonly pollMs?: number;
  /** An insert may run for a minute (`max_execution_time`). */
  readonly deadlineMs?: number;
}

/** Where a server, or all replicas of a cluster, tell what they are doing. */
export const processesOf = (cluster: string | undefined): string =>
  cluster === undefined ? 'system.processes' : `clusterAllReplicas(${quoteText(cluster)}, system.processes)`;

/** Stands before the inserts of a partition, so that those under way can be found. */
export const insertMark = (topic: string, partition: number): string => `/* ${topic}:${partition} */`;

/** @param execute runs statements that have no records */
export function createWriterClaims(
  execute: Execute,
  { processes = 'system.processes', pollMs = 250, deadlineMs = 70_000 }: WriterClaimsOptions = {},
): WriterClaims {
  const claims = new Map<string, string>();
  const keyOf = (topic: string, partition: number): string => `${topic}:${partition}`;
  const where = (topic: string, partition: number): string =>
    `FROM writer_claims WHERE log_topic = ${quoteText(topic)} AND log_partition = ${partition}`;

  async function untilInsertsEnd(topic: string, partition: number): Promise<void> {
    const underWay = `SELECT count() FROM ${processes} WHERE startsWith(query, ${quoteText(insertMark(topic, partition))})`;
    for (let waitedMs = 0; Number(await execute(underWay)) > 0; waitedMs += pollMs) {
      if (waitedMs >= deadlineMs) {
        throw new StoreError(`an insert of before into ${keyOf(topic, partition)} still runs`, {
          retriable: true,
        });
      }
      await pause(pollMs);
    }
  }

  return {
    async claim(topic, partition) {
      const claim = randomUUID();
      const of = where(topic, partition);
      await execute(
        'INSERT INTO writer_claims (log_topic, log_partition, number, claim) ' +
          `SELECT ${quoteText(topic)}, ${partition}, max(number) + 1, toUUID('${claim}') ${of}`,
      );
      await untilInsertsEnd(topic, partition);
      claims.set(keyOf(topic, partition), claim);
    },
    condition(topic, partition) {
      const claim = claims.get(keyOf(topic, partition));
      if (claim === undefined) return undefined;
      const newest = `(SELECT argMax(claim, (number, claim)) ${where(topic, partition)})`;
      return `throwIf(${newest} != toUUID('${claim}'), 'another writer has claimed this partition') = 0`;
    },
  };
}
