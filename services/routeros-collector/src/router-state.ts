import { type Router, RouterState, type SteeringRule } from '@fairlead/model';
import { parseFlag } from '@fairlead/routeros';
import type { ListingKeeper, RouterListing } from './listing-keeper.ts';
import { MANGLE, type RouterReading } from './read-router.ts';
import type { RouterView } from './watch-router.ts';

/** What was read of a router, for the news in it. The whole state is made only where it is sent. */
export function viewRouter(
  router: Router,
  reading: RouterReading,
  { listing, key }: Pick<ListingKeeper, 'listing' | 'key'>,
): RouterView | undefined {
  if (!listing) return undefined;
  const wans = reading.interfaces.map(({ name, running, disabled, comment }) => [
    name,
    running,
    disabled,
    comment,
  ]);
  const rules = reading.rules.map((rule) => ({ ...rule, bytes: 0, packets: 0 }));
  return {
    timeMs: reading.arrivedMs,
    rules: reading.rules,
    missing: router.wans
      .filter((wan) => !reading.interfaces.some(({ name }) => name === wan.interface))
      .map(({ name }) => name),
    key: `${JSON.stringify([wans, rules])}${key}`,
    toState: () => toState(router, reading, listing),
  };
}

/** The state of a router that answers: as listed, but WAN interfaces and steering rule as just read. */
function toState(router: Router, reading: RouterReading, listing: RouterListing): RouterState {
  const read = new Map(reading.interfaces.map((properties) => [properties['name'], properties]));
  return {
    ...RouterState.decode(new Uint8Array()),
    ...listing,
    timeMs: reading.arrivedMs,
    router: router.name,
    reachable: true,
    error: '',
    uptimeMs: reading.uptimeMs,
    interfaces: listing.interfaces.map((listed) => {
      const now = read.get(listed.name);
      if (!now) return listed;
      return {
        ...listed,
        running: parseFlag(now['running']),
        disabled: parseFlag(now['disabled']),
        comment: now['comment'],
      };
    }),
    steeringRules: withFresh(listing.steeringRules, reading.rules, router.steering?.rule),
  };
}

/** The steering rules as just read in the places of the listed ones. */
function withFresh(
  listed: readonly SteeringRule[],
  fresh: readonly SteeringRule[],
  comment: string | undefined,
): SteeringRule[] {
  if (comment === undefined) return [...listed];
  const left = new Map(fresh.map((rule) => [rule.id, rule]));
  const merged = listed.flatMap((rule) => {
    if (rule.menu !== MANGLE || rule.comment !== comment) return [rule];
    const now = left.get(rule.id);
    left.delete(rule.id);
    return now ? [now] : [];
  });
  return [...merged, ...left.values()];
}
