/** Nesting that no script of a person reaches; what is deeper is refused instead of followed. */
const DEEPEST = 100;

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Where something ends (not included), or where and why it does not; endless: nothing after it can be read. */
export type Delimited =
  | { readonly end: number }
  | { readonly wrongAt: number; readonly message: string; readonly endless: boolean };

/**
 * Finds the end of a string or of a group in brackets that begins at `start`, with all that is nested in it: strings,
 * `$[…]` and `$(…)` inside strings, comments on lines of their own. Looks at each character once.
 */
export function delimit(source: string, start: number): Delimited {
  const open: string[] = [];
  let atLineStart = false;
  let index = start;
  while (index < source.length) {
    const char = source.charAt(index);
    const inString = open.at(-1) === '"';
    if (char === '\\') {
      index += 2;
      atLineStart = false;
      continue;
    }
    if (inString) {
      const next = source.charAt(index + 1);
      if (char === '"') open.pop();
      else if (char === '$' && (next === '[' || next === '(')) {
        open.push(CLOSING[next] ?? '');
        index += 1;
      }
    } else if (char === '"') open.push('"');
    else if (Object.hasOwn(CLOSING, char)) open.push(CLOSING[char] ?? '');
    else if (char === ')' || char === ']' || char === '}') {
      if (open.at(-1) !== char)
        return { wrongAt: index, message: `syntax error: "${char}" closes nothing`, endless: false };
      open.pop();
    } else if (char === '#' && atLineStart) {
      const lineEnd = source.indexOf('\n', index);
      index = lineEnd === -1 ? source.length : lineEnd;
      continue;
    }
    atLineStart = char === '\n' || (atLineStart && (char === ' ' || char === '\t' || char === '\r'));
    index += 1;
    if (open.length === 0) return { end: index };
    if (open.length > DEEPEST) return { wrongAt: index - 1, message: 'nested too deeply', endless: true };
  }
  const missing = open.at(-1) ?? '"';
  return { wrongAt: start, message: `syntax error: ${missing} is missing`, endless: true };
}
