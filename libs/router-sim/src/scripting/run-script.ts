import { readScript, type ScriptArgument, type ScriptStatement } from '@fairlead/routeros-config';
import type { Menu } from '../api/menu.ts';
import { ApiTrap } from '../api/traps.ts';
import { evaluate, isList, ScriptError, type ScriptValue } from './evaluate.ts';
import { findItems } from './find-items.ts';

/** What a script works on. */
export interface ScriptHost {
  readonly menus: readonly Menu[];
  log(topics: string, message: string): void;
}

type Command = Extract<ScriptStatement, { kind: 'command' }>;

const DEEPEST = 10;

/**
 * Runs RouterOS script text on the menus: commands that add, set, remove and move, `:do … on-error=`, `:if` and `:log`. The
 * whole text is read first, as a router does, so that one with a wrong statement does nothing.
 * @throws ScriptError with the first thing that fails; what was done before it stays
 */
export function runScript(source: string, host: ScriptHost, depth = 0): void {
  if (depth > DEEPEST) throw new ScriptError('scripts that run each other too deeply');
  const { statements, problems } = readScript(source);
  const [problem] = problems;
  if (problem) {
    throw new ScriptError(`${problem.message} (line ${problem.line} column ${problem.column})`);
  }
  for (const statement of statements) {
    if (statement.kind === 'command') command(statement, host, depth);
    else if (statement.kind === 'scripting') scripting(statement.source, host, depth);
  }
}

function scripting(source: string, host: ScriptHost, depth: number): void {
  const [, word = '', rest = ''] = /^:?([a-z]+)\s*([^]*)$/.exec(source) ?? [];
  const parts = splitParts(rest);
  const block = (name: string): string | undefined => inside(parts.named[name]);
  switch (word) {
    case 'do':
      try {
        runScript(inside(parts.first) ?? '', host, depth + 1);
      } catch (error) {
        const otherwise = block('on-error');
        if (!(error instanceof ScriptError) || otherwise === undefined) throw error;
        runScript(otherwise, host, depth + 1);
      }
      return;
    case 'if':
      runScript(
        (evaluate(parts.first, scopeOf(host, '')) === true ? block('do') : block('else')) ?? '',
        host,
        depth + 1,
      );
      return;
    case 'log': {
      const [, level = 'info', text = ''] = /^([a-z]+)\s+([^]*)$/.exec(rest) ?? [];
      host.log(`script,${level}`, String(evaluate(text, scopeOf(host, ''))));
      return;
    }
    default:
      throw new ScriptError(`this router does not run :${word}`);
  }
}

/** The first argument of a scripting command and those with names, each as it stands. */
function splitParts(rest: string): { first: string; named: Record<string, string> } {
  const { statements } = readScript(`/x run ${rest}`);
  const [statement] = statements;
  if (statement?.kind !== 'command') throw new ScriptError('syntax error');
  const named: Record<string, string> = {};
  let first = '';
  for (const argument of statement.arguments) {
    if (argument.kind === 'property') named[argument.name] = sourceOf(argument.value);
    else if (argument.kind === 'word' && first === '') first = sourceOf(argument.value);
  }
  return { first, named };
}

const sourceOf = (value: { kind: 'text'; text: string } | { kind: 'expression'; source: string }): string =>
  value.kind === 'text' ? value.text : value.source;

const inside = (block: string | undefined): string | undefined =>
  block === undefined ? undefined : (/^\{([^]*)\}$/.exec(block.trim())?.[1] ?? block);

const scopeOf = (host: ScriptHost, menu: string): Parameters<typeof evaluate>[1] => ({
  menu,
  find: (path, where) => findItems(menuAt(host, path), where),
  get: (path, target, property) =>
    menuAt(host, path)
      .rows()
      .find(({ properties }) => properties['.id'] === target || properties['name'] === target)?.properties[
      property
    ] ?? '',
});

function menuAt(host: ScriptHost, path: string): Menu {
  const menu = host.menus.find((candidate) => candidate.path === path);
  if (!menu) throw new ScriptError(`bad command name ${path}`);
  return menu;
}

function command({ path, verb, arguments: given }: Command, host: ScriptHost, depth: number): void {
  const menu = menuAt(host, `/${path.join('/')}`);
  const { editor } = menu;
  const value = (argument: Extract<ScriptArgument, { kind: 'property' | 'word' }>): ScriptValue =>
    argument.value.kind === 'text'
      ? argument.value.text
      : evaluate(argument.value.source, scopeOf(host, menu.path));
  const properties: Record<string, string> = {};
  let targets: readonly string[] | undefined;
  for (const argument of given) {
    if (argument.kind === 'property') properties[argument.name] = textOf(value(argument));
    else if (argument.kind === 'selector') targets = findItems(menu, argument.source);
    else if (argument.kind === 'word') {
      const word = value(argument);
      if (verb === 'add' || textOf(word).startsWith('!')) properties[textOf(word)] = '';
      else targets = isList(word) ? word : textOf(word).split(',');
    }
  }
  try {
    if (menu.path === '/system/script' && verb === 'run') {
      for (const target of targets ?? []) runScript(sourceOfScript(menu, target), host, depth + 1);
      return;
    }
    if (!editor) throw new ScriptError(`bad command name ${verb}`);
    switch (verb) {
      case 'add':
        editor.add(properties);
        return;
      case 'set':
        if (editor.isSettings === true) editor.set('', properties);
        else for (const target of targets ?? []) editor.set(target, properties);
        return;
      case 'remove':
        for (const target of targets ?? []) editor.remove(target);
        return;
      case 'move':
        for (const target of targets ?? []) editor.move?.(target, properties['destination']);
        return;
      case 'enable':
      case 'disable':
        for (const target of targets ?? [])
          editor.set(target, { disabled: verb === 'disable' ? 'yes' : 'no' });
        return;
      default:
        throw new ScriptError(`bad command name ${verb}`);
    }
  } catch (error) {
    if (error instanceof ApiTrap) throw new ScriptError(error.message);
    throw error;
  }
}

function sourceOfScript(menu: Menu, target: string): string {
  const script = menu
    .rows()
    .find(({ properties }) => properties['.id'] === target || properties['name'] === target);
  if (!script) throw new ScriptError(`no such script ${target}`);
  return script.properties['source'] ?? '';
}

const textOf = (value: ScriptValue): string => (isList(value) ? value.join(',') : String(value));
