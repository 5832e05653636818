import type { Properties } from '../config/config-table.ts';
import { trap } from './traps.ts';

/**
 * Whether an item passes the query words of a print (manual, API, "Queries"): each word pushes a truth or works on the
 * stack, and no false may be left.
 * @throws ApiTrap when a word takes from an empty stack
 */
export function matchesQuery(queryWords: readonly string[], item: Properties): boolean {
  let stack: boolean[] = [];
  for (const word of queryWords) {
    if (word.startsWith('?#')) stack = operate(stack, word.slice(2));
    else stack.push(holds(word.slice(1), item));
  }
  return !stack.includes(false);
}

function holds(test: string, item: Properties): boolean {
  const sign = '-<>='.includes(test.charAt(0)) ? test.charAt(0) : '';
  const body = test.slice(sign.length);
  const at = body.indexOf('=');
  const name = at === -1 ? body : body.slice(0, at);
  const actual = Object.hasOwn(item, name) ? item[name] : undefined;
  if (at === -1) return (actual !== undefined) !== (sign === '-');
  if (actual === undefined) return false;
  const wanted = body.slice(at + 1);
  if (sign === '<') return compare(actual, wanted) < 0;
  if (sign === '>') return compare(actual, wanted) > 0;
  return actual === wanted || actual === BOOLEANS[wanted];
}

const BOOLEANS: Readonly<Record<string, string>> = { yes: 'true', no: 'false' };

function compare(a: string, b: string): number {
  const [left, right] = [Number(a), Number(b)];
  if (a !== '' && b !== '' && !Number.isNaN(left) && !Number.isNaN(right)) return left - right;
  return a < b ? -1 : a > b ? 1 : 0;
}

function operate(stack: readonly boolean[], operations: string): boolean[] {
  let values = [...stack];
  const pop = (): boolean => {
    const value = values.pop();
    if (value === undefined) throw trap('badQuery');
    return value;
  };
  const peek = (index: number): boolean => {
    const value = values[values.length - 1 - index];
    if (value === undefined) throw trap('badQuery');
    return value;
  };
  const tokens = operations.match(/\d+\.?|[!&|.]/g) ?? [];
  if (tokens.join('') !== operations) throw trap('badQuery');
  tokens.forEach((token, position) => {
    if (token === '!') values.push(!pop());
    else if (token === '&' || token === '|') {
      const [right, left] = [pop(), pop()];
      values.push(token === '&' ? left && right : left || right);
    } else if (token === '.') values.push(peek(0));
    else {
      const value = peek(Number.parseInt(token, 10));
      // An index at the end of the word leaves this value alone on the stack; before a further character it is copied.
      const last = position === tokens.length - 1 && !token.endsWith('.');
      values = last ? [value] : [...values, value];
    }
  });
  return values;
}
