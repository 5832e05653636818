import { readScript } from '@fairlead/routeros-config';
import type { Menu } from '../api/menu.ts';
import { ScriptError } from './evaluate.ts';

const CONDITION =
  /^\s*(?:&&\s*|and\s+|where\s+)?(!?)([a-z][a-z0-9-]*)(?:(!=|=|~)("(?:[^"\\]|\\[^])*"|[^\s&]*))?/;
const SAME: Readonly<Record<string, string>> = { yes: 'true', no: 'false' };

/** Ids of the items of a menu for which all conditions hold: `a=b`, `a!=b`, `a~"pattern"`, `flag`, `!flag`. */
export function findItems(menu: Menu, where: string): string[] {
  const holds: ((properties: Readonly<Record<string, string>>) => boolean)[] = [];
  let left = where;
  while (left.trim() !== '') {
    const found = CONDITION.exec(left);
    if (!found) throw new ScriptError(`a condition that this router does not know: ${left}`);
    const [all, not, name = '', operator, raw = ''] = found;
    left = left.slice(all.length);
    const wanted = valueOf(raw);
    holds.push((properties) => {
      const actual = properties[name];
      if (operator === undefined) return (actual === 'true') !== (not === '!');
      if (operator === '~') return new RegExp(wanted).test(actual ?? '');
      const isSame = (actual ?? '') === wanted || (actual !== undefined && actual === SAME[wanted]);
      return isSame === (operator === '=');
    });
  }
  return menu
    .rows()
    .filter(({ properties }) => holds.every((condition) => condition(properties)))
    .map(({ properties }) => properties['.id'] ?? '');
}

function valueOf(raw: string): string {
  const [statement] = readScript(`/x add a=${raw === '' ? '""' : raw}`).statements;
  const [argument] = statement?.kind === 'command' ? statement.arguments : [];
  if (argument?.kind !== 'property' || argument.value.kind !== 'text') {
    throw new ScriptError(`a value that this router cannot compare with: ${raw}`);
  }
  return argument.value.text;
}
