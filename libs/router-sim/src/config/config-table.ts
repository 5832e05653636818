/** Properties of an item as RouterOS writes them: all text. */
export type Properties = Readonly<Record<string, string>>;

export interface ConfigItem {
  /** `*` and a hexadecimal number. */
  readonly id: string;
  readonly properties: Properties;
}

/** What happened to an item; `listen` tells it on. */
export type ConfigChange =
  | { readonly kind: 'added' | 'changed'; readonly item: ConfigItem }
  | { readonly kind: 'removed'; readonly item: ConfigItem };

/** The items of one menu, in order. Ids are never given twice. */
export interface ConfigTable {
  items(): readonly ConfigItem[];
  /** The item with this `.id`, or else with this name. */
  find(idOrName: string): ConfigItem | undefined;
  /** @returns the new item, which stands last, or before the item with the id `before` */
  add(properties: Properties, before?: string): ConfigItem;
  /** Changes properties; an empty value takes a property away. */
  set(id: string, changes: Properties): void;
  remove(id: string): void;
  /** Puts an item before the one with the id `before`, or last. */
  move(id: string, before?: string): void;
  /** Grows with every change. */
  revision(): number;
  /** @returns the call that ends it */
  onChange(listener: (change: ConfigChange) => void): () => void;
}

export function createConfigTable(initial: readonly Properties[] = []): ConfigTable {
  let items: ConfigItem[] = [];
  let lastId = 0;
  let revision = 0;
  const listeners = new Set<(change: ConfigChange) => void>();
  const tell = (change: ConfigChange): void => {
    revision += 1;
    for (const listener of listeners) listener(change);
  };
  const table: ConfigTable = {
    items: () => items,
    find: (key) =>
      items.find((item) => item.id === key) ?? items.find((item) => item.properties['name'] === key),
    add(properties, before) {
      lastId += 1;
      const item = { id: `*${lastId.toString(16).toUpperCase()}`, properties: { ...properties } };
      const index = before === undefined ? -1 : items.findIndex((other) => other.id === before);
      items = index === -1 ? [...items, item] : [...items.slice(0, index), item, ...items.slice(index)];
      tell({ kind: 'added', item });
      return item;
    },
    set(id, changes) {
      items = items.map((item) => {
        if (item.id !== id) return item;
        const merged = Object.entries({ ...item.properties, ...changes }).filter(
          ([name]) => changes[name] !== '',
        );
        return { id, properties: Object.fromEntries(merged) };
      });
      const item = items.find((candidate) => candidate.id === id);
      if (item) tell({ kind: 'changed', item });
    },
    remove(id) {
      const item = items.find((candidate) => candidate.id === id);
      if (!item) return;
      items = items.filter((candidate) => candidate !== item);
      tell({ kind: 'removed', item });
    },
    move(id, before) {
      const item = items.find((candidate) => candidate.id === id);
      if (!item || id === before) return;
      const others = items.filter((candidate) => candidate !== item);
      const index = before === undefined ? -1 : others.findIndex((other) => other.id === before);
      items = index === -1 ? [...others, item] : [...others.slice(0, index), item, ...others.slice(index)];
      tell({ kind: 'changed', item });
    },
    revision: () => revision,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  for (const properties of initial) table.add(properties);
  return table;
}
