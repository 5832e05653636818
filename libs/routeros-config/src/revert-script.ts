import type { Configuration, Properties } from './configuration.ts';
import {
  canonical,
  defaultOf,
  keyOf,
  keyPropertiesOf,
  keyValueOf,
  orderedMenus,
  REVERT_COMMENT,
} from './menu-facts.ts';
import { applyOperations, settingsKey, type Operation, type PropertyChange } from './operations.ts';
import { writeText } from './quoted-text.ts';
import { writeChanges, writeProperties } from './show-operations.ts';

/** Name of the script on the router that restores what was there, and of the schedulers that run it. */
export const REVERT_NAME = 'fairlead-revert';

/**
 * RouterOS text that undoes these operations on the router that had `before`, however many of them were done. First what was
 * added goes and what was changed or removed comes back, each found by its comment or name, so that it makes no difference
 * whether the step had been done; then, when the same objects are there as before, they are put into their order. No step stops
 * the others, and at last the script removes itself and what has called it.
 */
export function revertScript(before: Configuration, operations: readonly Operation[]): string {
  const steps: string[] = [];
  let now = before;
  for (const operation of operations) {
    steps.unshift(...undo(operation, now));
    now = applyOperations(now, [operation]);
  }
  const lines = [...steps, ...reorder(before, operations)].map(
    (step, index) => `:do {${step}} on-error={:log warning "fairlead: restoring, step ${index + 1}"}`,
  );
  return [
    ...lines,
    ':log warning "fairlead: the configuration of before is restored"',
    `/system scheduler remove [find comment=${writeText(REVERT_COMMENT)}]`,
    `/system script remove [find name=${REVERT_NAME}]`,
  ].join('\n');
}

/** Policies that a script needs to undo these operations. */
export function revertPolicies(operations: readonly Operation[]): string {
  const isOfUsers = operations.some(({ menu }) => menu.startsWith('/user'));
  return ['read', 'write', ...(isOfUsers ? ['policy', 'test', 'sensitive'] : [])].join(',');
}

/** The commands that undo one operation of a router that had `now` before it; none for its place in an order. */
function undo(operation: Operation, now: Configuration): string[] {
  const { menu } = operation;
  const object = 'at' in operation ? (now.lists.get(menu)?.[operation.at] ?? {}) : {};
  switch (operation.kind) {
    case 'add':
      return [`${menu} remove ${find(menu, operation.properties)}`];
    case 'change':
      return [`${menu} set ${find(menu, object)} ${writeChanges(inverted(operation.changes))}`];
    case 'settings': {
      const values = Object.entries(operation.changes).map(([name, { before }]) => [
        name,
        before ?? defaultOf(settingsKey(operation), name) ?? '',
      ]);
      const item = operation.item === undefined ? '' : `${operation.item} `;
      return [`${menu} set ${item}${writeProperties(Object.fromEntries(values) as Properties)}`];
    }
    case 'remove': {
      const add = `${menu} add ${writeProperties(canonical(menu, operation.properties))}`;
      return [`:if ([:len [${menu} ${condition(menu, operation.properties)}]] = 0) do={${add}}`];
    }
    case 'move':
      return [];
  }
}

/**
 * Puts what was moved or removed where it stood: all of it to the end, and then one after the other from the top, so that it
 * does not matter where it is now. Nothing is moved where all stands right.
 */
function reorder(before: Configuration, operations: readonly Operation[]): string[] {
  return [...orderedMenus].flatMap((menu) => {
    const list = before.lists.get(menu) ?? [];
    const keys = new Set(misplaced(menu, before, operations));
    const objects = list.flatMap((object, at) => (keys.has(keyOf(menu, object)) ? [{ object, at }] : []));
    if (objects.length === 0) return [];
    const isWrong = ({ object, at }: (typeof objects)[number]): string =>
      `[${menu} get ${itemAt(menu, at)} comment] != ${writeQuoted(keyOf(menu, object))}`;
    const steps = [
      ...objects.map(({ object }) => `${menu} move ${find(menu, object)}`),
      ...objects.map(
        (each) =>
          `:if (${isWrong(each)}) do={${menu} move ${find(menu, each.object)} destination=${itemAt(menu, each.at)}}`,
      ),
    ];
    return [`:if (${objects.map(isWrong).join(' || ')}) do={${steps.join('; ')}}`];
  });
}

/** Keys of the objects of a menu that operations may have taken from their place. */
function misplaced(menu: string, before: Configuration, operations: readonly Operation[]): string[] {
  let now = before;
  return operations.flatMap((operation) => {
    const list = now.lists.get(menu) ?? [];
    now = applyOperations(now, [operation]);
    if (operation.menu !== menu) return [];
    if (operation.kind === 'remove') return [keyOf(menu, operation.properties)];
    return operation.kind === 'move' ? [keyOf(menu, list[operation.from] ?? {})] : [];
  });
}

const inverted = (changes: Readonly<Record<string, PropertyChange>>): Record<string, PropertyChange> =>
  Object.fromEntries(
    Object.entries(changes).map(([name, { before, after }]) => [name, { before: after, after: before }]),
  );

/** By position among those that are not dynamic. */
const itemAt = (menu: string, at: number): string => `([${menu} find where !dynamic]->${at})`;

const find = (menu: string, object: Properties): string => `[${condition(menu, object)}]`;

function condition(menu: string, object: Properties): string {
  const wanted = keyPropertiesOf(menu).map((name) => {
    const value = keyValueOf(menu, object, name);
    // An empty comment would match whatever has none.
    if (value === '') throw new RangeError(`${menu}: an object without ${name}`);
    const word = name === 'dst-address' && object['dst-address'] === undefined ? 'address' : name;
    // The topics of a rule are a list, which only a pattern is compared with.
    return `${word}${name === 'topics' ? '~' : '='}${writeQuoted(value)}`;
  });
  return `find ${wanted.join(' ')}`;
}

/** In an expression a bare word would be taken for something else than text. */
const writeQuoted = (text: string): string => {
  const written = writeText(text);
  return written.startsWith('"') ? written : `"${written}"`;
};
