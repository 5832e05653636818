import type { Configuration, Properties } from './configuration.ts';
import { canonical, defaultOf, keyOf, keyPropertiesOf, orderedMenus, REVERT_COMMENT } from './menu-facts.ts';
import { applyOperations, settingsKey, type Operation, type PropertyChange } from './operations.ts';
import { writeText } from './quoted-text.ts';
import { writeChanges, writeProperties } from './show-operations.ts';

/** Name of the script on the router that restores what was there, and of the schedulers that run it. */
export const REVERT_NAME = 'fairlead-revert';

/**
 * RouterOS text that undoes these operations on the router that had `before`, however many of them were done: each step asks
 * first whether it is needed, none stops the others, and at last it removes itself and what has called it.
 */
export function revertScript(before: Configuration, operations: readonly Operation[]): string {
  const states: Configuration[] = [before];
  for (const operation of operations) states.push(applyOperations(states.at(-1) ?? before, [operation]));
  const steps = operations.map((operation, index) => undo(operation, states[index + 1] ?? before));
  const lines = steps
    .toReversed()
    .map(
      (step, index) =>
        `:do {${step}} on-error={:log warning "fairlead: step ${index + 1} of the restoring failed"}`,
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

/** The command that undoes one operation, on a router that may have done it (`after`) or not yet. */
function undo(operation: Operation, after: Configuration): string {
  const { menu } = operation;
  const list = after.lists.get(menu) ?? [];
  switch (operation.kind) {
    case 'add':
      return `${menu} remove ${find(menu, operation.properties)}`;
    case 'change':
      return `${menu} set ${find(menu, list[operation.at] ?? {})} ${writeChanges(inverted(operation.changes))}`;
    case 'settings': {
      const values = Object.entries(operation.changes).map(([name, { before }]) => [
        name,
        before ?? defaultOf(settingsKey(operation), name) ?? '',
      ]);
      const item = operation.item === undefined ? '' : `${operation.item} `;
      return `${menu} set ${item}${writeProperties(Object.fromEntries(values) as Properties)}`;
    }
    case 'remove': {
      const { properties, at } = operation;
      const others = list.filter((object) => keyOf(menu, object) === keyOf(menu, properties)).length;
      const before = orderedMenus.has(menu) && at < list.length ? ` place-before=${itemAt(menu, at)}` : '';
      const add = `${menu} add ${writeProperties(canonical(menu, properties))}${before}`;
      return `:if ([:len [${menu} ${condition(menu, properties)}]] = ${others}) do={${add}}`;
    }
    case 'move': {
      const { from, to } = operation;
      const moved = list[to] ?? {};
      const next = from < to ? from : from + 1;
      const destination = next < list.length ? ` destination=${itemAt(menu, next)}` : '';
      const isElsewhere = `[${menu} get ${itemAt(menu, from)} comment] != ${writeQuoted(keyOf(menu, moved))}`;
      return `:if (${isElsewhere}) do={${menu} move ${find(menu, moved)}${destination}}`;
    }
  }
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
    // An empty comment would match whatever has none.
    if ((object[name] ?? object['address'] ?? '') === '')
      throw new RangeError(`${menu}: an object without ${name}`);
    const word = name === 'dst-address' && object['dst-address'] === undefined ? 'address' : name;
    // The topics of a rule are a list, which only a pattern is compared with.
    return `${word}${name === 'topics' ? '~' : '='}${writeQuoted(object[word] ?? '')}`;
  });
  return `find ${wanted.join(' ')}`;
}

/** In an expression a bare word would be taken for something else than text. */
const writeQuoted = (text: string): string => {
  const written = writeText(text);
  return written.startsWith('"') ? written : `"${written}"`;
};
