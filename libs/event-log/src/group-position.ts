import type { GroupPosition } from './port.ts';

/** How far a group is in a partition of these bounds; what retention has cut off is not ahead of it any more. */
export function groupPosition(
  group: string,
  committed: number,
  { firstOffset, nextOffset }: { readonly firstOffset: number; readonly nextOffset: number },
  owner: string | undefined,
): GroupPosition {
  const lag = Math.max(0, nextOffset - Math.max(committed, firstOffset));
  return { group, committed, lag, ...(owner !== undefined && { owner }) };
}
