import { settingsKey, type Operation, type PropertyChange } from './operations.ts';
import type { Properties } from './configuration.ts';
import { defaultOf, orderedMenus } from './menu-facts.ts';

/** A command of the API. */
export interface ApiCommand {
  /** Such as `/ip/firewall/mangle/add`. */
  readonly command: string;
  readonly attributes: Properties;
}

/** `/ip firewall mangle` as the API writes it. */
export const apiPath = (menu: string): string => menu.replaceAll(' ', '/');

/** The command that does one operation; `ids` are those of the objects of its menu before it, in their order. */
export function apiCommand(operation: Operation, ids: readonly string[]): ApiCommand {
  const path = apiPath(operation.menu);
  const idAt = (at: number): string => {
    const id = ids[at];
    if (id === undefined) throw new RangeError(`${operation.menu} has no object number ${at}`);
    return id;
  };
  switch (operation.kind) {
    case 'add': {
      const isBefore = orderedMenus.has(operation.menu) && operation.at < ids.length;
      return {
        command: `${path}/add`,
        attributes: {
          ...operation.properties,
          ...(isBefore && { 'place-before': idAt(operation.at) }),
        },
      };
    }
    case 'remove':
      return { command: `${path}/remove`, attributes: { '.id': idAt(operation.at) } };
    case 'move': {
      const before = operation.from < operation.to ? operation.to + 1 : operation.to;
      return {
        command: `${path}/move`,
        attributes: {
          numbers: idAt(operation.from),
          ...(before < ids.length && { destination: idAt(before) }),
        },
      };
    }
    case 'change':
      return {
        command: `${path}/set`,
        attributes: { '.id': idAt(operation.at), ...valuesOf(operation.changes) },
      };
    case 'settings':
      return {
        command: `${path}/set`,
        attributes: {
          ...(operation.item !== undefined && { numbers: operation.item }),
          ...Object.fromEntries(
            Object.entries(operation.changes).map(([name, { after }]) => [
              name,
              after ?? defaultOf(settingsKey(operation), name) ?? '',
            ]),
          ),
        },
      };
  }
}

/** The ids after an operation; `added` is what `add` gave. */
export function idsAfter(operation: Operation, ids: readonly string[], added: string): string[] {
  const after = [...ids];
  switch (operation.kind) {
    case 'add':
      after.splice(orderedMenus.has(operation.menu) ? operation.at : after.length, 0, added);
      break;
    case 'remove':
      after.splice(operation.at, 1);
      break;
    case 'move':
      after.splice(operation.to, 0, ...after.splice(operation.from, 1));
      break;
    default:
  }
  return after;
}

/** A property that is taken away is named with an exclamation mark. */
const valuesOf = (changes: Readonly<Record<string, PropertyChange>>): Properties =>
  Object.fromEntries(
    Object.entries(changes).map(([name, { after }]) =>
      after === undefined ? [`!${name}`, ''] : [name, after],
    ),
  );
