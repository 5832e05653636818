import type { Configuration, Properties } from './configuration.ts';
import { canonical, keyOf, orderedMenus, REVERT_COMMENT } from './menu-facts.ts';
import { applyOperations, invertOperations, type Operation } from './operations.ts';

/**
 * What takes a router that has `current` back to `before`, as far as `operations` led away from it. Objects are found by what
 * names them, so that what others have changed meanwhile stays; positions are those of before, relative to what is still there.
 */
export function rollbackOperations(
  before: Configuration,
  operations: readonly Operation[],
  current: Configuration,
): Operation[] {
  let expected = applyOperations(before, operations);
  let actual = current;
  const found: Operation[] = [];
  for (const operation of invertOperations(operations)) {
    const rebased = rebase(operation, expected, actual);
    expected = applyOperations(expected, [operation]);
    if (!rebased) continue;
    found.push(rebased);
    actual = applyOperations(actual, [rebased]);
  }
  return found;
}

function rebase(operation: Operation, expected: Configuration, actual: Configuration): Operation | undefined {
  const { menu } = operation;
  const [was, is] = [expected.lists.get(menu) ?? [], actual.lists.get(menu) ?? []];
  const placeOf = (object: Properties | undefined): number =>
    object === undefined ? -1 : is.findIndex((other) => keyOf(menu, other) === keyOf(menu, object));
  /** Where in `is` an object belongs that belongs at `at` in `was`: before the first of those after it that is still there. */
  const positionOf = (list: readonly Properties[], at: number): number => {
    for (const next of list.slice(at)) {
      const found = is.findIndex((other) => isSameObject(menu, other, next));
      if (found !== -1) return found;
    }
    return is.length;
  };
  switch (operation.kind) {
    case 'settings': {
      const key = operation.item === undefined ? menu : `${menu} ${operation.item}`;
      return withNow(operation, key, actual.settings.get(key) ?? {});
    }
    case 'change': {
      const at = placeOf(was[operation.at]);
      return at === -1 ? undefined : withNow({ ...operation, at }, menu, is[at] ?? {});
    }
    case 'remove': {
      const at = placeOf(was[operation.at]);
      return at === -1 ? undefined : { ...operation, at, properties: is[at] ?? {} };
    }
    case 'add': {
      const at = orderedMenus.has(menu) ? positionOf(was, operation.at) : is.length;
      return { ...operation, at };
    }
    case 'move': {
      const from = placeOf(was[operation.from]);
      if (from === -1) return undefined;
      const rest = was.filter((_, index) => index !== operation.from);
      const before = positionOf(rest, operation.to);
      const to = before > from ? before - 1 : before;
      return to === from ? undefined : { ...operation, from, to };
    }
  }
}

/** The changes that are still to be made to what is there now. */
function withNow<T extends Extract<Operation, { kind: 'change' | 'settings' }>>(
  operation: T,
  menu: string,
  now: Properties,
): T | undefined {
  const changes = Object.fromEntries(
    Object.entries(operation.changes)
      .map(([name, { after }]) => [name, { before: now[name], after }] as const)
      .filter(([name, { before, after }]) => !isSameValue(menu, name, before, after)),
  );
  return Object.keys(changes).length === 0 ? undefined : { ...operation, changes };
}

const isSameValue = (menu: string, name: string, a: string | undefined, b: string | undefined): boolean =>
  textOf(menu, a === undefined ? {} : { [name]: a }) === textOf(menu, b === undefined ? {} : { [name]: b });

const isSameObject = (menu: string, a: Properties, b: Properties): boolean =>
  textOf(menu, a) === textOf(menu, b);

const textOf = (menu: string, object: Properties): string => JSON.stringify(canonical(menu, object));

/**
 * Menus in which two configurations differ, as far as defaults and spellings go; objects of unordered menus in any
 * order. What restores a router while it is changed is not looked at.
 */
export function differingMenus(a: Configuration, b: Configuration, menus: Iterable<string>): string[] {
  return [...new Set(menus)].filter((menu) => {
    const texts = ({ lists, settings }: Configuration): string[] => {
      const objects = (lists.get(menu) ?? [])
        .filter(({ comment }) => comment !== REVERT_COMMENT)
        .map((object) => textOf(menu, object));
      return [
        ...(orderedMenus.has(menu) ? objects : objects.sort()),
        ...[...settings]
          .filter(([key]) => key === menu || key.startsWith(`${menu} `))
          .map(([key, properties]) => `${key}${textOf(key, properties)}`)
          .sort(),
      ];
    };
    return JSON.stringify(texts(a)) !== JSON.stringify(texts(b));
  });
}
