import { delimit } from './delimit.ts';
import { afterContinuation, unescapeText } from './quoted-text.ts';
import type { ScriptValue } from './script.ts';

/** What stops the reading of one statement; `endless` when nothing after it can be read either. */
export interface Refusal {
  readonly wrongAt: number;
  readonly message: string;
  readonly endless: boolean;
}

export type Read<T> = { readonly value: T; readonly end: number } | Refusal;

/** The index after blanks and continuation lines. */
export function skipBlanks(text: string, start: number): number {
  let index = start;
  for (;;) {
    const char = text.charAt(index);
    const resumed = afterContinuation(text, index);
    if (resumed !== undefined) index = resumed;
    else if (char === ' ' || char === '\t' || char === '\r') index += 1;
    else return index;
  }
}

/** Whether a statement ends at this index. */
export const isStatementEnd = (text: string, index: number): boolean =>
  index >= text.length || text.charAt(index) === '\n' || text.charAt(index) === ';';

/**
 * Reads one value or bare word up to a blank or the end of the statement: pieces in quotes, groups in brackets and plain
 * characters in any mixture. Continuation lines inside it are joined.
 */
export function readValue(text: string, start: number): Read<ScriptValue> {
  const first = text.charAt(start);
  if (first === '"' || first === '[' || first === '(' || first === '{') {
    const group = delimit(text, start);
    if ('wrongAt' in group) return group;
    if (endsValue(text, group.end)) {
      const value = first === '"' ? quotedValue(text, start, group.end) : expression(text, start, group.end);
      return 'wrongAt' in value ? value : { value, end: group.end };
    }
  }
  const plain: string[] = [];
  let isPlain = true;
  let index = start;
  while (!endsValue(text, index)) {
    const char = text.charAt(index);
    const resumed = afterContinuation(text, index);
    if (resumed !== undefined) {
      index = resumed;
    } else if (char === '"' || char === '[' || char === '(' || char === '{') {
      const group = delimit(text, index);
      if ('wrongAt' in group) return group;
      index = group.end;
      isPlain = false;
    } else if (char === ']' || char === ')' || char === '}' || char === '`') {
      return { wrongAt: index, message: 'expected end of command', endless: false };
    } else if (char === '\\') {
      return { wrongAt: index, message: 'syntax error', endless: false };
    } else if (char === '=') {
      return { wrongAt: start, message: 'syntax error: a value that holds "=" takes quotes', endless: false };
    } else {
      if (char === '$') isPlain = false;
      plain.push(char);
      index += 1;
    }
  }
  return {
    value: isPlain ? { kind: 'text', text: plain.join('') } : expression(text, start, index),
    end: index,
  };
}

/**
 * Reads what stands up to the end of a statement as it is, groups and strings with all that is in them, without the blanks
 * and continuation lines after it.
 */
export function readRest(text: string, start: number): Read<string> {
  let index = start;
  let endOfText = start;
  while (!isStatementEnd(text, index)) {
    const char = text.charAt(index);
    if (char === '"' || char === '[' || char === '(' || char === '{') {
      const group = delimit(text, index);
      if ('wrongAt' in group) return group;
      index = group.end;
      endOfText = index;
    } else if (char === ']' || char === ')' || char === '}' || char === '`') {
      return { wrongAt: index, message: 'expected end of command', endless: false };
    } else if (char === '#' && index > start && /[ \t]/.test(text.charAt(index - 1))) {
      break;
    } else {
      const resumed = afterContinuation(text, index);
      if (char === '\\' && resumed === undefined)
        return { wrongAt: index, message: 'syntax error', endless: false };
      index = resumed ?? index + 1;
      if (resumed === undefined && char.trim() !== '') endOfText = index;
    }
  }
  return { value: text.slice(start, endOfText), end: index };
}

const endsValue = (text: string, index: number): boolean =>
  isStatementEnd(text, index) || /[ \t\r]/.test(text.charAt(index));

const expression = (text: string, start: number, end: number): ScriptValue => ({
  kind: 'expression',
  source: text.slice(start, end),
});

/** A string is text unless a variable or a command stands in it. */
function quotedValue(text: string, start: number, end: number): ScriptValue | Refusal {
  const inside = text.slice(start + 1, end - 1);
  if (/(?:^|[^\\])(?:\\\\)*\$/.test(inside)) return expression(text, start, end);
  let badEscape: number | undefined;
  const value = unescapeText(inside, (index) => (badEscape ??= index));
  return badEscape === undefined
    ? { kind: 'text', text: value }
    : { wrongAt: start + 1 + badEscape, message: 'syntax error: no such escape', endless: false };
}
