import { readScript } from './read-script.ts';
import type { Script, ScriptArgument, ScriptProblem, ScriptStatement } from './script.ts';

/** Properties of one object, as RouterOS writes them; a flag such as `fib` has an empty value. */
export type Properties = Readonly<Record<string, string>>;

/** What a router has: objects by menu (`/ip firewall mangle`) in their order, and settings by menu or named item. */
export interface Configuration {
  readonly lists: ReadonlyMap<string, readonly Properties[]>;
  readonly settings: ReadonlyMap<string, Properties>;
}

/** A configuration with what of the text could not be followed, such as a selector that only a router can evaluate. */
export interface ConfigurationRead {
  readonly configuration: Configuration;
  readonly problems: readonly ScriptProblem[];
}

type Command = Extract<ScriptStatement, { kind: 'command' }>;

/** What a router has after it ran this text on nothing: the meaning of an export. Scripting is not run. */
export function readConfiguration(script: Script): ConfigurationRead {
  const lists = new Map<string, Properties[]>();
  const settings = new Map<string, Properties>();
  const problems: ScriptProblem[] = [...script.problems];
  for (const statement of script.statements) {
    if (statement.kind !== 'command' || !['add', 'set', 'remove'].includes(statement.verb)) continue;
    const menu = `/${statement.path.join(' ')}`;
    const list = lists.get(menu) ?? [];
    if (statement.verb === 'add') lists.set(menu, list);
    const properties = propertiesOf(statement);
    const target = statement.arguments.find(({ kind }) => kind === 'selector' || kind === 'word');
    if (statement.verb === 'add') list.push(properties);
    else if (target?.kind === 'selector') {
      const wanted = conditionsOf(target.source);
      if (!wanted) {
        problems.push({
          line: statement.line,
          column: 1,
          message: 'a selector that only a router can evaluate',
        });
      } else lists.set(menu, selected(list, wanted, statement.verb, properties));
    } else if (statement.verb === 'set') {
      const key =
        target?.kind === 'word' && target.value.kind === 'text' ? `${menu} ${target.value.text}` : menu;
      settings.set(key, { ...settings.get(key), ...properties });
    } else problems.push({ line: statement.line, column: 1, message: 'removes by number' });
  }
  return { configuration: { lists, settings }, problems };
}

/** What an export says of its version: 6 or 7 by its first comment, undefined where it has none. */
export function exportedVersion(script: Script): { major: number; minor: number } | undefined {
  for (const statement of script.statements) {
    const found = statement.kind === 'comment' && /by RouterOS (\d+)\.(\d+)/.exec(statement.text);
    if (found) return { major: Number(found[1]), minor: Number(found[2]) };
  }
  return undefined;
}

function selected(
  list: readonly Properties[],
  wanted: Properties,
  verb: string,
  properties: Properties,
): Properties[] {
  const matches = (object: Properties): boolean =>
    Object.entries(wanted).every(([name, value]) => object[name] === value);
  if (verb === 'remove') return list.filter((object) => !matches(object));
  // What a router has from the factory is only named in an export by what was changed of it.
  if (!list.some(matches)) return [...list, { ...wanted, ...properties }];
  return list.map((object) => (matches(object) ? { ...object, ...properties } : object));
}

function propertiesOf(command: Command): Properties {
  const isFlag = (argument: ScriptArgument): boolean => argument.kind === 'word' && command.verb === 'add';
  return Object.fromEntries(
    command.arguments.flatMap((argument): [string, string][] => {
      if (argument.kind === 'property') {
        const { value } = argument;
        return [[argument.name, value.kind === 'text' ? value.text : value.source]];
      }
      if (!isFlag(argument) || argument.kind !== 'word' || argument.value.kind !== 'text') return [];
      return argument.value.text.startsWith('!') ? [] : [[argument.value.text, '']];
    }),
  );
}

/** The plain equalities of a selector; undefined where it compares in any other way. */
function conditionsOf(source: string): Properties | undefined {
  const { statements, problems } = readScript(`/x add ${source.replace(/^where\s+/, '')}`);
  const [command] = statements;
  if (problems.length > 0 || statements.length !== 1 || command?.kind !== 'command') return undefined;
  const isPlain = command.arguments.every(
    (argument) => argument.kind === 'property' && argument.value.kind === 'text',
  );
  return isPlain ? propertiesOf(command) : undefined;
}
