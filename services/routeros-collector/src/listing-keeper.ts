import type { Clock, Router } from '@fairlead/model';
import type { RouterosSession } from '@fairlead/routeros';
import type { RouterosCollectorConfig } from './config.ts';
import { keyOfListing } from './listing-key.ts';
import { createSectionReader } from './read-section.ts';
import {
  readScripts,
  readSetup,
  readStatus,
  type ScriptsListing,
  type SetupListing,
  type StatusListing,
} from './router-listing.ts';

/** All that is known of a router beside its counters. */
export interface RouterListing extends StatusListing, SetupListing, ScriptsListing {}

/** Reads what seldom changes, beside the counters and never in their way: each part at its own pace, one at a time. */
export interface ListingKeeper {
  /** What is known; undefined until each part was read once. */
  readonly listing: RouterListing | undefined;
  /** Differs from what it was when there is something to tell. */
  readonly key: string;
  /**
   * Reads what is due, or everything but the scripts. While a reading is under way, what is wanted now is read after it.
   * Resolves when it is read or the session has ended.
   */
  read(what: 'due' | 'now'): Promise<void>;
}

const parts = ['status', 'setup', 'scripts'] as const;
type Part = (typeof parts)[number];

/** @param onRead is called when a reading is complete and something differs */
export function createListingKeeper(
  session: RouterosSession,
  router: Router,
  config: RouterosCollectorConfig,
  { clock, onRead }: { readonly clock: Clock; readonly onRead: () => void },
): ListingKeeper {
  const reader = createSectionReader(session);
  const intervals = {
    status: config.statusIntervalMs,
    setup: config.stateIntervalMs,
    scripts: config.scriptsIntervalMs,
  } as const satisfies Record<Part, number>;
  const dueMs: Record<Part, number> = { status: 0, setup: 0, scripts: 0 };
  let status: StatusListing | undefined;
  let setup: SetupListing | undefined;
  let scripts: ScriptsListing | undefined;
  let listing: RouterListing | undefined;
  /** Of each part, so that what was not read again is not compared again. */
  const keys: Record<Part, string> = { status: '', setup: '', scripts: '' };
  let key = '';
  let underWay: Promise<void> | undefined;
  let isWantedAgain = false;

  const readParts = async (wanted: readonly Part[]): Promise<void> => {
    const { limits } = config;
    for (const part of wanted) {
      if (part === 'status') keys[part] = keyOfListing((status = await readStatus(reader, limits)));
      else if (part === 'setup') keys[part] = keyOfListing((setup = await readSetup(reader, router, limits)));
      else keys[part] = keyOfListing((scripts = await readScripts(reader, limits)));
    }
    if (!status || !setup || !scripts) return;
    listing = {
      ...status,
      ...setup,
      ...scripts,
      leftOut: [...setup.leftOut, ...status.leftOut, ...scripts.leftOut],
      unread: [...setup.unread, ...status.unread, ...scripts.unread],
    };
    const before = key;
    key = parts.map((part) => keys[part]).join('');
    if (key !== before) onRead();
  };

  const read = (what: 'due' | 'now'): Promise<void> => {
    if (underWay) {
      isWantedAgain ||= what === 'now';
      return underWay;
    }
    const nowMs = clock.monotonicMs();
    const wanted = parts.filter((part) => dueMs[part] <= nowMs || (what === 'now' && part !== 'scripts'));
    if (wanted.length === 0) return Promise.resolve();
    // Readings of a fleet drift apart by a tenth, so that they do not come in waves.
    for (const part of wanted) dueMs[part] = nowMs + intervals[part] * (0.9 + 0.2 * Math.random());
    underWay = readParts(wanted)
      // A session that ends says why where it is waited for.
      .catch(() => undefined)
      .finally(() => {
        underWay = undefined;
        const again = isWantedAgain;
        isWantedAgain = false;
        if (again) void read('now');
      });
    return underWay;
  };

  return {
    get listing() {
      return listing;
    },
    get key() {
      return key;
    },
    read,
  };
}
