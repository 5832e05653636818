import type { EachBatchPayload } from 'kafkajs';

/** A killed process keeps its partitions for ten seconds; one that is alive says so every second. */
export const HEARTBEAT_MS = 1_000;
export const SESSION_TIMEOUT_MS = 10_000;

/** Does something long while the group keeps hearing from this member. What it hears of a rebalance can wait. */
export async function beating<T>({ heartbeat }: EachBatchPayload, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Errors by which a coordinator says that the member is no longer what it was. */
export function isAboutMembership(error: unknown): boolean {
  const type = (error as { readonly type?: unknown } | undefined)?.type;
  return (
    type === 'REBALANCE_IN_PROGRESS' ||
    type === 'ILLEGAL_GENERATION' ||
    type === 'UNKNOWN_MEMBER_ID' ||
    type === 'NOT_COORDINATOR_FOR_GROUP'
  );
}
