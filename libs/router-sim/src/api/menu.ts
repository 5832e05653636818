import type { Properties } from '../config/config-table.ts';

/** One item as print shows it. `oids` are the properties that have a `.oid` form. */
export interface Row {
  readonly properties: Properties;
  readonly oids?: Properties;
}

/** A place of the configuration tree that the API can print, and maybe change. */
export interface Menu {
  /** `/ip/firewall/mangle` */
  readonly path: string;
  rows(): Row[];
  readonly editor?: Editor;
}

/** Changes of a menu's items. All of them throw ApiTrap. */
export interface Editor {
  /** @returns the id of the new item */
  add(parameters: Properties): string;
  set(idOrName: string, parameters: Properties): void;
  remove(idOrName: string): void;
  /** Puts an item before another one, or last. Absent where the order means nothing. */
  move?(idOrName: string, beforeIdOrName?: string): void;
  /** A menu without items: `set` takes no id. */
  readonly isSettings?: boolean;
  /** Calls at every change of an item. @returns the call that ends it */
  listen(changed: () => void): () => void;
  /** How the log names an item, such as `mangle rule`. */
  readonly noun: string;
}
