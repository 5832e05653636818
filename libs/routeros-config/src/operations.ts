import type { Configuration, Properties } from './configuration.ts';

/** Values before and after; undefined is a property that is not there. */
export interface PropertyChange {
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** One step from one configuration to another. Positions are those in the menu at the moment of the step, from 0. */
export type Operation =
  | { readonly kind: 'add'; readonly menu: string; readonly at: number; readonly properties: Properties }
  | { readonly kind: 'remove'; readonly menu: string; readonly at: number; readonly properties: Properties }
  | { readonly kind: 'move'; readonly menu: string; readonly from: number; readonly to: number }
  | {
      readonly kind: 'change';
      readonly menu: string;
      readonly at: number;
      readonly changes: Readonly<Record<string, PropertyChange>>;
    }
  | {
      readonly kind: 'settings';
      readonly menu: string;
      readonly item?: string;
      readonly changes: Readonly<Record<string, PropertyChange>>;
    };

export const settingsKey = ({ menu, item }: { menu: string; item?: string }): string =>
  item === undefined ? menu : `${menu} ${item}`;

/** The configuration after these operations; the given one stays as it is. */
export function applyOperations(
  configuration: Configuration,
  operations: readonly Operation[],
): Configuration {
  const lists = new Map(configuration.lists);
  const settings = new Map(configuration.settings);
  for (const operation of operations) {
    if (operation.kind === 'settings') {
      const key = settingsKey(operation);
      const after = changed(settings.get(key) ?? {}, operation.changes);
      if (Object.keys(after).length > 0) settings.set(key, after);
      else settings.delete(key);
      continue;
    }
    const list = [...(lists.get(operation.menu) ?? [])];
    switch (operation.kind) {
      case 'add':
        list.splice(operation.at, 0, operation.properties);
        break;
      case 'remove':
        list.splice(operation.at, 1);
        break;
      case 'move':
        list.splice(operation.to, 0, ...list.splice(operation.from, 1));
        break;
      case 'change':
        list.splice(operation.at, 1, changed(list[operation.at] ?? {}, operation.changes));
    }
    if (list.length > 0) lists.set(operation.menu, list);
    else lists.delete(operation.menu);
  }
  return { lists, settings };
}

/** What undoes these operations exactly, positions included. */
export function invertOperations(operations: readonly Operation[]): Operation[] {
  return operations.toReversed().map((operation): Operation => {
    switch (operation.kind) {
      case 'add':
        return { ...operation, kind: 'remove' };
      case 'remove':
        return { ...operation, kind: 'add' };
      case 'move':
        return { ...operation, from: operation.to, to: operation.from };
      case 'change':
      case 'settings':
        return {
          ...operation,
          changes: Object.fromEntries(
            Object.entries(operation.changes).map(([name, { before, after }]) => [
              name,
              { before: after, after: before },
            ]),
          ),
        };
    }
  });
}

function changed(properties: Properties, changes: Readonly<Record<string, PropertyChange>>): Properties {
  const merged: Record<string, string | undefined> = { ...properties };
  for (const [name, { after }] of Object.entries(changes)) merged[name] = after;
  return Object.fromEntries(
    Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
