import { createHash } from 'node:crypto';

/**
 * What moves without anything having happened: counters, and the times of the last link change, which a router works out
 * from its uptime and its clock again at each reading, so that they drift by seconds. A link that went tells by
 * `link-downs`.
 */
const drifting: ReadonlySet<string> = new Set(['bytes', 'packets', 'lastLinkUp', 'lastLinkDown']);

/** Differs between two listings of a router where there is something to tell. */
export function keyOfListing(listing: object): string {
  return createHash('sha1').update(JSON.stringify(listing, withoutDrift)).digest('base64');
}

function withoutDrift(name: string, value: unknown): unknown {
  if (drifting.has(name)) return undefined;
  return typeof value === 'bigint' ? String(value) : value;
}
