import { writeScript, type ScriptStatement } from '@fairlead/routeros-config';
import type { ExportedTable, Settings } from '../api/general-menus.ts';
import type { Properties } from './config-table.ts';

/** What an export is made of. */
export interface Exported {
  readonly version: string;
  readonly tables: readonly ExportedTable[];
  readonly settings: ReadonlyMap<string, Settings>;
}

const WORDS: Readonly<Record<string, string>> = { true: 'yes', false: 'no' };

/** The configuration as `/export` writes it: menus and properties by name, what is as ever left out, one command a line. */
export function exportText({ version, tables, settings }: Exported): string {
  const statements = [
    ...tables.map((table) => ({ path: pathOf(table.path), commands: commandsOf(table) })),
    ...[...settings].map(([path, { current, initial }]) => ({
      path: pathOf(path),
      commands: settingsOf(path, current(), initial),
    })),
  ]
    .filter(({ commands }) => commands.length > 0)
    .sort((a, b) => (rankOf(a.path) < rankOf(b.path) ? -1 : 1))
    .flatMap(({ path, commands }): ScriptStatement[] => [{ kind: 'menu', line: 0, path }, ...commands]);
  return writeScript([{ kind: 'comment', line: 0, text: ` by RouterOS ${version}` }, ...statements]);
}

/** By name, but tables before what refers to them. */
const rankOf = (path: readonly string[]): string => (path[0] === 'routing' ? ' ' : '') + path.join(' ');

const pathOf = (path: string): string[] => path.slice(1).split('/');

function commandsOf({ path, table, defaults, isFixed, words = {} }: ExportedTable): ScriptStatement[] {
  return table
    .items()
    .filter(({ properties }) => properties['dynamic'] !== 'true')
    .map(({ properties }) => {
      const { name = '', ...others } = properties;
      return {
        kind: 'command',
        line: 0,
        path: pathOf(path),
        verb: isFixed ? 'set' : 'add',
        arguments: [
          ...(isFixed ? [{ kind: 'word' as const, value: { kind: 'text' as const, text: name } }] : []),
          ...written(isFixed ? others : properties, defaults, words),
        ],
      };
    });
}

function settingsOf(path: string, current: Properties, initial: Properties): ScriptStatement[] {
  const changed = written(current, initial);
  return changed.length === 0
    ? []
    : [{ kind: 'command', line: 0, path: pathOf(path), verb: 'set', arguments: changed }];
}

const written = (
  properties: Properties,
  defaults: Properties,
  words: Properties = {},
): Extract<ScriptStatement, { kind: 'command' }>['arguments'] =>
  Object.entries(properties)
    .filter(([name, value]) => defaults[name] !== value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) =>
      name === 'fib'
        ? { kind: 'word', value: { kind: 'text', text: name } }
        : {
            kind: 'property',
            name: words[name] ?? name,
            value: { kind: 'text', text: WORDS[value] ?? value },
          },
    );
