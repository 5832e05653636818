import type { Configuration, Properties } from './configuration.ts';
import { findConflicts, type Conflict } from './conflicts.ts';
import { ipv6Conflicts } from './conflicts-ipv6.ts';
import type { DesiredConfiguration, DesiredObject } from './generate.ts';
import { canonical, defaultOf, identityOf, keyOf, menuOrder, orderedMenus } from './menu-facts.ts';
import { applyOperations, settingsKey, type Operation, type PropertyChange } from './operations.ts';

/** What leads from one configuration to another, or why it must not be done; with conflicts there are no operations. */
export interface Plan {
  readonly conflicts: readonly Conflict[];
  readonly operations: readonly Operation[];
}

/**
 * Compares what Fairlead wants with what a router has. Only objects that are Fairlead's are touched; those of ordered menus
 * come into the order wanted, after each other, and others stay where they are. What is referred to is made first and
 * removed last.
 */
export function planChanges(desired: DesiredConfiguration, current: Configuration): Plan {
  const conflicts = [...findConflicts(desired, current), ...ipv6Conflicts(desired, current)];
  if (conflicts.length > 0) return { conflicts, operations: [] };
  const operations = [
    ...settingsChanges(desired, current),
    ...menuOrder.flatMap((menu) => arrange(menu, desired, current)),
  ];
  let after = applyOperations(current, operations);
  for (const menu of menuOrder.toReversed()) {
    const removals = removalsIn(menu, desired, after);
    after = applyOperations(after, removals);
    operations.push(...removals);
  }
  return { conflicts, operations };
}

function settingsChanges(desired: DesiredConfiguration, current: Configuration): Operation[] {
  return desired.settings.flatMap((wanted): Operation[] => {
    const changes = changesOf(
      settingsKey(wanted),
      { ...current.settings.get(settingsKey(wanted)) },
      { ...current.settings.get(settingsKey(wanted)), ...wanted.properties },
    );
    return Object.keys(changes).length === 0
      ? []
      : [
          {
            kind: 'settings',
            menu: wanted.menu,
            ...(wanted.item !== undefined && { item: wanted.item }),
            changes,
          },
        ];
  });
}

/** What Fairlead wants in a menu, by key, and what an object there is called if it is Fairlead's. */
interface MenuView {
  readonly wanted: ReadonlyMap<string, DesiredObject>;
  readonly identityOf: (object: Properties) => string | undefined;
}

/** A table that somebody else has made is used as it is, and is not wanted then. */
function viewOf(
  menu: string,
  { objects, site }: DesiredConfiguration,
  list: readonly Properties[],
): MenuView {
  const wanted = new Map(
    objects
      .filter((object) => object.menu === menu)
      .map((object) => [keyOf(menu, object.properties), object]),
  );
  const keys = new Set(wanted.keys());
  const identity = (object: Properties): string | undefined =>
    identityOf(menu, object, site.steeringComment, keys);
  if (menu === '/routing table') {
    const foreign = new Set(list.filter((object) => identity(object) === undefined).map(({ name }) => name));
    for (const [key, { properties }] of wanted) if (foreign.has(properties['name'])) wanted.delete(key);
  }
  return { wanted, identityOf: identity };
}

function arrange(menu: string, desired: DesiredConfiguration, current: Configuration): Operation[] {
  const list = [...(current.lists.get(menu) ?? [])];
  const view = viewOf(menu, desired, list);
  const identities = list.map(view.identityOf);
  const operations: Operation[] = [];
  const isOrdered = orderedMenus.has(menu);
  const firstOwn = identities.findIndex((identity) => identity !== undefined && view.wanted.has(identity));
  let next = isOrdered && firstOwn !== -1 ? firstOwn : list.length;
  let isFirst = true;
  for (const [key, object] of view.wanted) {
    let at = identities.indexOf(key);
    if (at === -1) {
      at = isOrdered ? next : list.length;
      operations.push({ kind: 'add', menu, at, properties: object.properties });
      list.splice(at, 0, object.properties);
      identities.splice(at, 0, key);
    } else {
      const now = list[at] ?? {};
      const changes = changesOf(menu, now, withLive(object, now));
      if (Object.keys(changes).length > 0) operations.push({ kind: 'change', menu, at, changes });
      if (isOrdered && at < next && !isFirst) {
        const to = next - 1;
        operations.push({ kind: 'move', menu, from: at, to });
        list.splice(to, 0, ...list.splice(at, 1));
        identities.splice(to, 0, ...identities.splice(at, 1));
        at = to;
      }
    }
    next = at + 1;
    isFirst = false;
  }
  return operations;
}

function removalsIn(menu: string, desired: DesiredConfiguration, current: Configuration): Operation[] {
  const list = current.lists.get(menu) ?? [];
  const view = viewOf(menu, desired, list);
  return list
    .flatMap((properties, at): Operation[] => {
      const identity = view.identityOf(properties);
      return identity === undefined || view.wanted.has(identity)
        ? []
        : [{ kind: 'remove', menu, at, properties }];
    })
    .toReversed();
}

/** The properties wanted, where a live one keeps its value of now if that is one of those allowed. */
function withLive({ menu, properties, live }: DesiredObject, now: Properties): Properties {
  if (!live) return properties;
  const value = now[live.property] ?? defaultOf(menu, live.property);
  return value !== undefined && live.allowed.includes(value)
    ? { ...properties, [live.property]: value }
    : properties;
}

function changesOf(menu: string, now: Properties, wanted: Properties): Record<string, PropertyChange> {
  const [before, after] = [canonical(menu, now), canonical(menu, wanted)];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return Object.fromEntries(
    names
      .filter((name) => before[name] !== after[name])
      .map((name) => [name, { before: now[name], after: after[name] ?? defaultOf(menu, name) }]),
  );
}
