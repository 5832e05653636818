import type { EventKind, WanEvent } from '@fairlead/model';

/** What an event says of a WAN. */
export type DownNews =
  /** It is known to be down from now on. */
  | 'down'
  /** It is down no more, or nobody knows. */
  | 'over'
  /** Nothing that changes whether it is down. */
  | 'nothing';

/** Which WANs of a router are known to be down, as the events of the wan-processor tell it. */
export interface KnownDowns {
  fold(event: Pick<WanEvent, 'wan' | 'kind'>): DownNews;
  has(wan: string): boolean;
}

type Cause = 'link' | 'upstream';

const began: Partial<Record<string, Cause>> = {
  'wan-down': 'link',
  'upstream-down': 'upstream',
} satisfies Partial<Record<EventKind, Cause>>;
const ended: Partial<Record<string, Cause>> = {
  'wan-up': 'link',
  'upstream-up': 'upstream',
} satisfies Partial<Record<EventKind, Cause>>;
const UNKNOWN: EventKind = 'samples-missing';

/** A WAN is down from its first cause to the end of its last one; one outage is one `down`. */
export function createKnownDowns(): KnownDowns {
  const causes = new Map<string, Set<Cause>>();
  return {
    fold({ wan, kind }) {
      const known = causes.get(wan) ?? new Set<Cause>();
      const before = known.size;
      const [begun, over] = [began[kind], ended[kind]];
      if (begun) known.add(begun);
      if (over) known.delete(over);
      if (kind === UNKNOWN) known.clear();
      if (known.size > 0) causes.set(wan, known);
      else causes.delete(wan);
      if (before === 0 && known.size > 0) return 'down';
      return before > 0 && known.size === 0 ? 'over' : 'nothing';
    },
    has: (wan) => causes.has(wan),
  };
}
