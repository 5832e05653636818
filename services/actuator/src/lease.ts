import { type RouterosSession, TrapError } from '@fairlead/routeros';
import { HEARTBEAT_LIST } from '@fairlead/routeros-config';
import { type Properties, readMenu } from './read-menu.ts';

const MENU = '/ip/firewall/address-list';
export const ADD_ENTRY = `${MENU}/add`;
export const REMOVE_ENTRY = `${MENU}/remove`;

/**
 * Addresses of the entries (RFC 5737, TEST-NET-1). Renewing adds the one that is not there and removes the other, so that the
 * list is never empty; who holds nothing may only add the first, which the router refuses to a second one.
 */
const [FIRST, SECOND] = ['192.0.2.250', '192.0.2.251'] as const;

/** The entries by which a router knows who steers it. */
export type LeaseEntries = readonly Properties[];

/** Reads who steers the router. @throws UnreadableError */
export const readLease = (session: RouterosSession): Promise<LeaseEntries> =>
  readMenu(session, MENU, '.id,list,address,comment', [`?list=${HEARTBEAT_LIST}`]);

/** Who steers the router instead of this holder; undefined when nobody does. */
export function rivalOf(entries: LeaseEntries, holder: string): string | undefined {
  const rival = entries.find((entry) => entry['comment'] !== holder);
  return rival && (rival['comment'] ?? '');
}

/** Whether the router knows this holder. */
export const isHeld = (entries: LeaseEntries, holder: string): boolean =>
  entries.some((entry) => entry['comment'] === holder);

/**
 * Takes the router for this holder, or renews that. The entries live in the memory of the router and go by themselves.
 * @param entries as they were just read
 * @returns who has it instead, or undefined
 * @throws RouterosError when the router does not take or does not answer it
 */
export async function takeLease(
  session: RouterosSession,
  entries: LeaseEntries,
  { holder, seconds }: { readonly holder: string; readonly seconds: number },
): Promise<string | undefined> {
  const rival = rivalOf(entries, holder);
  if (rival !== undefined) return rival;
  const [kept, ...surplus] = entries;
  // Two are there when renewing was cut short.
  for (const entry of surplus) await session.execute([REMOVE_ENTRY, `=.id=${entry['.id'] ?? ''}`]);
  const address = kept?.['address'] === FIRST ? SECOND : FIRST;
  try {
    await session.execute([
      ADD_ENTRY,
      `=list=${HEARTBEAT_LIST}`,
      `=address=${address}`,
      `=timeout=${seconds}s`,
      `=comment=${holder}`,
    ]);
  } catch (error) {
    if (kept || !(error instanceof TrapError)) throw error;
    const now = await readLease(session);
    if (rivalOf(now, holder) === undefined && !isHeld(now, holder)) throw error;
    return rivalOf(now, holder);
  }
  if (kept) await session.execute([REMOVE_ENTRY, `=.id=${kept['.id'] ?? ''}`]);
  return undefined;
}
