import { type RouterosSession, TimeoutError, TrapError } from '@fairlead/routeros';
import type { Menu } from './commands.ts';
import { anyOf } from './read-router.ts';
import type { Properties } from './state-records.ts';

/** What is read of a menu. */
export interface Section<T> {
  readonly menu: Menu;
  readonly properties: string;
  /** Of these queries one must hold. */
  readonly queries?: readonly string[];
  /** Counters too. */
  readonly stats?: boolean;
  readonly maxRows: number;
  /** Items that are kept before others when there are too many. */
  readonly first?: (properties: Properties) => boolean;
  readonly toRecord: (properties: Properties) => T;
}

export interface SectionReading<T> {
  readonly menu: Menu;
  readonly rows: readonly T[];
  /** Items beyond `maxRows`. */
  readonly leftOut: number;
  /** Why the menu could not be read; undefined also where the router has no such menu. */
  readonly unread?: string;
}

/** Reads menus of one session, and remembers which the router does not have (RouterOS 6 has no /routing/table). */
export interface SectionReader {
  /**
   * A menu that is refused or does not answer in time is said to be unread, and the session goes on.
   * @throws RouterosError when the session has ended
   */
  read<T>(section: Section<T>): Promise<SectionReading<T>>;
}

export function createSectionReader(session: RouterosSession): SectionReader {
  const absent = new Set<Menu>();
  return {
    async read({ menu, properties, queries, stats, maxRows, first, toRecord }) {
      if (absent.has(menu)) return { menu, rows: [], leftOut: 0 };
      try {
        const { records } = await session.execute({
          command: `${menu}/print`,
          attributes: { ...(stats ? { stats: '' } : {}), '.proplist': properties },
          queries: anyOf(queries ?? []),
        });
        const kept = records.length > maxRows && first ? preferred(records, first) : records;
        return {
          menu,
          rows: kept.slice(0, maxRows).map(toRecord),
          leftOut: Math.max(0, records.length - maxRows),
        };
      } catch (error) {
        if (error instanceof TrapError) {
          if (isUnknownMenu(error)) {
            absent.add(menu);
            return { menu, rows: [], leftOut: 0 };
          }
        } else if (!(error instanceof TimeoutError)) throw error;
        return { menu, rows: [], leftOut: 0, unread: error.message };
      }
    },
  };
}

function preferred(records: readonly Properties[], first: (properties: Properties) => boolean): Properties[] {
  return [...records.filter(first), ...records.filter((properties) => !first(properties))];
}

/** "no such command prefix", "no such command or directory (table)", "no such command" (observed in client projects). */
const isUnknownMenu = ({ message }: TrapError): boolean => message.includes('no such command');
