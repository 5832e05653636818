import type { Configuration, Properties } from './configuration.ts';
import { canonical, defaultOf, orderedMenus } from './menu-facts.ts';
import { applyOperations, settingsKey, type Operation, type PropertyChange } from './operations.ts';
import { writeText } from './quoted-text.ts';

/** Properties that hold a secret, or a text in which one may stand. */
const HIDDEN = /(?:password|secret|passphrase|-key|^source|^on-event|-script)$/;

/** One object of somebody as the command that makes it; what may be secret is left out. */
export function showObject(menu: string, object: Properties): string {
  const { disabled, ...others } = Object.fromEntries(
    Object.entries(canonical(menu, object)).map(([name, value]) => [name, HIDDEN.test(name) ? '...' : value]),
  );
  return `${menu} add ${writeProperties(disabled === 'yes' ? { ...others, disabled } : others)}`;
}

/** Operations as the commands that do them on a router that has `current`, one a line, in RouterOS syntax. */
export function showOperations(current: Configuration, operations: readonly Operation[]): string {
  const lines: string[] = [];
  let now = current;
  let menu = '';
  for (const operation of operations) {
    if (operation.menu !== menu) lines.push(operation.menu);
    menu = operation.menu;
    const list = operation.kind === 'settings' ? [] : (now.lists.get(menu) ?? []);
    lines.push(...remarks(operation, list).map((remark) => `# ${remark}`), command(operation, list));
    now = applyOperations(now, [operation]);
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** What is lost by an operation, for who reads it before it is done. */
function remarks(operation: Operation, list: readonly Properties[]): string[] {
  switch (operation.kind) {
    case 'add':
      return [];
    case 'remove':
      return [`it is: ${oneLine(writeProperties(operation.properties))}`];
    case 'move': {
      const { comment = '' } = list[operation.from] ?? {};
      return [`${oneLine(comment)} stands too far ${operation.from < operation.to ? 'up' : 'down'}`];
    }
    case 'change':
    case 'settings': {
      const menu = operation.kind === 'settings' ? settingsKey(operation) : operation.menu;
      const now = Object.entries(operation.changes).map(([name, { before }]) => {
        const value = before ?? defaultOf(menu, name);
        return value === undefined || value === '' ? `no ${name}` : writeProperties({ [name]: value });
      });
      return [`now: ${oneLine(now.join(', '))}`];
    }
  }
}

const oneLine = (text: string): string => text.replaceAll(/\p{Cc}/gu, '·');

function command(operation: Operation, list: readonly Properties[]): string {
  switch (operation.kind) {
    case 'add': {
      const before =
        orderedMenus.has(operation.menu) && operation.at < list.length
          ? ` place-before=${reference(operation.menu, list, operation.at)}`
          : '';
      return `add ${writeProperties(operation.properties)}${before}`;
    }
    case 'remove':
      return `remove ${reference(operation.menu, list, operation.at)}`;
    case 'change':
      return `set ${reference(operation.menu, list, operation.at)} ${writeChanges(operation.changes)}`;
    case 'settings':
      return [
        'set',
        ...(operation.item === undefined ? [] : [operation.item]),
        writeChanges(operation.changes),
      ].join(' ');
    case 'move': {
      const { menu, from, to } = operation;
      const before = from < to ? to + 1 : to;
      const destination = before < list.length ? ` destination=${reference(menu, list, before)}` : '';
      return `move ${reference(menu, list, from)}${destination}`;
    }
  }
}

/** An object by its comment or name where only it has that, otherwise by its position among those that are not dynamic. */
function reference(menu: string, list: readonly Properties[], at: number): string {
  for (const property of ['comment', 'name']) {
    const value = list[at]?.[property];
    if (value !== undefined && list.filter((object) => object[property] === value).length === 1) {
      return `[find ${property}=${writeText(value)}]`;
    }
  }
  const fixed = menu.startsWith('/ip firewall ') ? ' where !dynamic' : '';
  return `([${menu} find${fixed}]->${at})`;
}

export const writeProperties = (object: Properties): string =>
  Object.entries(object)
    .map(([name, value]) =>
      value === '' ? (name === 'fib' ? 'fib' : `${name}=""`) : `${name}=${writeText(value)}`,
    )
    .join(' ');

export const writeChanges = (all: Readonly<Record<string, PropertyChange>>): string =>
  Object.entries(all)
    .map(([name, { after }]) => (after === undefined ? `!${name}` : writeProperties({ [name]: after })))
    .join(' ');
