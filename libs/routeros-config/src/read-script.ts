import { createPlaceFinder } from './place.ts';
import { isStatementEnd, readRest, readValue, skipBlanks, type Read, type Refusal } from './reader.ts';
import { commonVerbs, scriptingWords } from './script-words.ts';
import type { Script, ScriptArgument, ScriptProblem, ScriptStatement } from './script.ts';

/** More than these are not reported: the text is something else than a configuration. */
const MOST_PROBLEMS = 1_000;

/** What a console writes before what is typed: `[admin@MikroTik] > `. */
const PROMPT = /\[[^\s\]["(){}$@]*@/y;
/** What may stand behind the bracket of a command. */
const COMMAND_START = /\[(?:[a-z/:$([{"\]\\]|\s)/y;

const LONE_SURROGATE = /[\uD800-\uDFFF]/gu;
const NAME = /[a-z][a-z0-9-]*/y;
const PROPERTY = /[A-Za-z.][A-Za-z0-9.-]*(?=[=~])/y;

/**
 * Reads RouterOS configuration text (an export, or commands typed or scripted), v6 and v7. Never throws; what RouterOS would
 * refuse by its syntax is a problem with its place, and reading goes on at the next line. Which menus, commands and
 * properties exist depends on version and packages and is not judged. Time is linear in the length of the text.
 * Source: RouterOS manual, "Scripting" and "Command Line Interface"; the accept and refuse texts of `:parse`.
 */
export function readScript(source: string): Script {
  const text = source.replace(/^\uFEFF/, ' ').replace(LONE_SURROGATE, '\uFFFD');
  const placeOf = createPlaceFinder(text);
  const statements: ScriptStatement[] = [];
  const problems: ScriptProblem[] = [];
  let menu: readonly string[] = [];
  let index = 0;
  while (index < text.length && problems.length < MOST_PROBLEMS) {
    index = skipBlanks(text, index);
    if (index >= text.length) break;
    if (isStatementEnd(text, index)) {
      index += 1;
      continue;
    }
    const { line } = placeOf(index);
    const read = readStatement(text, index, menu, line);
    if ('wrongAt' in read) {
      problems.push({ ...placeOf(read.wrongAt), message: read.message });
      if (read.endless) break;
      const lineEnd = text.indexOf('\n', Math.max(index, read.wrongAt));
      index = lineEnd === -1 ? text.length : lineEnd + 1;
      continue;
    }
    if (read.value.kind === 'menu') menu = read.value.path;
    statements.push(read.value);
    index = read.end;
  }
  return { statements, problems };
}

function readStatement(
  text: string,
  start: number,
  menu: readonly string[],
  line: number,
): Read<ScriptStatement> {
  const char = text.charAt(start);
  if (char === '#') {
    const lineEnd = text.indexOf('\n', start);
    const end = lineEnd === -1 ? text.length : lineEnd;
    return { value: { kind: 'comment', line, text: text.slice(start + 1, end).trimEnd() }, end };
  }
  if (char === '[') {
    const prompt = matchAt(PROMPT, text, start);
    if (prompt !== '') return refuse(start + prompt.length - 1, 'syntax error');
    if (matchAt(COMMAND_START, text, start) === '') return refuse(start + 1, 'expected command name');
  }
  if (':{[($'.includes(char) || scriptingWords.has(nameAt(text, start))) {
    const rest = readRest(text, start);
    if ('wrongAt' in rest) return rest;
    return { value: { kind: 'scripting', line, source: rest.value }, end: rest.end };
  }
  return readCommand(text, start, menu, line);
}

function readCommand(
  text: string,
  start: number,
  menu: readonly string[],
  line: number,
): Read<ScriptStatement> {
  const path = readPath(text, start, menu);
  if ('wrongAt' in path) return path;
  const { words, verb } = path.value;
  const given = verb === 'find' ? readCondition(text, path.end) : readArguments(text, path.end);
  if ('wrongAt' in given) return given;
  if (verb === undefined && given.value.length === 0) {
    return { value: { kind: 'menu', line, path: words }, end: given.end };
  }
  const command = verb ?? words.at(-1) ?? '';
  return {
    value: {
      kind: 'command',
      line,
      path: verb === undefined ? words.slice(0, -1) : words,
      verb: command,
      arguments: given.value,
    },
    end: given.end,
  };
}

/** The menu of a command and the command itself, where it is one that every menu has. */
function readPath(
  text: string,
  start: number,
  menu: readonly string[],
): Read<{ words: string[]; verb?: string }> {
  const isAbsolute = text.charAt(start) === '/';
  const words = isAbsolute ? [] : [...menu];
  let index = isAbsolute ? skipBlanks(text, start + 1) : start;
  if (isAbsolute && isStatementEnd(text, index)) return { value: { words }, end: index };
  let isAfterSlash = isAbsolute;
  for (let isFirst = true; ; isFirst = false) {
    const word = nameAt(text, index);
    const end = index + word.length;
    if (word === '' || text.charAt(end) === '=') {
      if (isFirst) return refuse(index, 'expected command name');
      return { value: { words }, end: index };
    }
    const next = text.charAt(end);
    const resumed = skipBlanks(text, end);
    if (resumed === end && next !== '/' && !isStatementEnd(text, end)) {
      if (!isFirst && !isAfterSlash && /[\w.,:~$]/.test(next)) return { value: { words }, end: index };
      return refuse(end, next === '>' ? 'expected command name' : 'syntax error');
    }
    if (commonVerbs.has(word)) return { value: { words, verb: word }, end: resumed };
    words.push(word);
    isAfterSlash = next === '/';
    index = isAfterSlash ? skipBlanks(text, end + 1) : resumed;
    if (isStatementEnd(text, index)) return { value: { words }, end: index };
  }
}

function readArguments(text: string, start: number): Read<ScriptArgument[]> {
  const given: ScriptArgument[] = [];
  let index = skipBlanks(text, start);
  while (!isStatementEnd(text, index) && text.charAt(index) !== '#') {
    const read = readArgument(text, index);
    if ('wrongAt' in read) return read;
    given.push(read.value);
    index = skipBlanks(text, read.end);
  }
  return { value: given, end: index };
}

/** `find` takes a condition whether the word `where` stands before it or not. */
function readCondition(text: string, start: number): Read<ScriptArgument[]> {
  const word = /^where(?=[ \t\\])/.exec(text.slice(start, start + 6))?.[0] ?? '';
  const rest = readRest(text, skipBlanks(text, start + word.length));
  if ('wrongAt' in rest) return rest;
  return { value: rest.value === '' ? [] : [{ kind: 'where', source: rest.value }], end: rest.end };
}

function readArgument(text: string, start: number): Read<ScriptArgument> {
  const name = matchAt(PROPERTY, text, start);
  if (name !== '') {
    const at = start + name.length;
    if (text.charAt(at) === '~') return refuse(at, 'expected end of command');
    const value = readValue(text, skipContinuation(text, at + 1));
    return 'wrongAt' in value
      ? value
      : { value: { kind: 'property', name, value: value.value }, end: value.end };
  }
  if (/[=~]/.test(text.charAt(start))) return refuse(start, 'syntax error');
  if (/^where[ \t\\]$/.test(text.slice(start, start + 6))) {
    const rest = readRest(text, skipBlanks(text, start + 5));
    return 'wrongAt' in rest ? rest : { value: { kind: 'where', source: rest.value }, end: rest.end };
  }
  const read = readValue(text, start);
  if ('wrongAt' in read) return read;
  if (read.value.kind === 'expression') {
    const found = /^\[\s*find(?![\w-])([^]*)\]$/.exec(read.value.source)?.[1];
    if (found !== undefined) return { value: { kind: 'selector', source: found.trim() }, end: read.end };
  }
  return { value: { kind: 'word', value: read.value }, end: read.end };
}

const nameAt = (text: string, index: number): string => matchAt(NAME, text, index);

function matchAt(pattern: RegExp, text: string, index: number): string {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0] ?? '';
}

function skipContinuation(text: string, index: number): number {
  return text.charAt(index) === '\\' ? skipBlanks(text, index) : index;
}

const refuse = (wrongAt: number, message: string): Refusal => ({ wrongAt, message, endless: false });
