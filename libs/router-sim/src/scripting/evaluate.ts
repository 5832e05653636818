import { readScript } from '@fairlead/routeros-config';

/** What a script came upon that it cannot go on from. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

/** A text, a number, a truth, or a list of ids. */
export type ScriptValue = string | number | boolean | readonly string[];

export const isList = (value: ScriptValue): value is readonly string[] => typeof value === 'object';

/** What an expression can ask. */
export interface EvaluationScope {
  /** Menu of the command around the expression, `/ip/firewall/mangle`. */
  readonly menu: string;
  find(menu: string, where: string): string[];
  get(menu: string, target: string, property: string): string;
}

const TOKEN =
  /^\s*(?:(?<string>"(?:[^"\\]|\\[^])*")|(?<operator>->|!=|=|<|>|&&|\|\||!)|(?<open>[([])|(?<word>[A-Za-z0-9_.:*/-]+))/;
const CLOSING = { '(': ')', '[': ']' } as const;

/** The value of an expression: `(…)`, `[find …]`, `[get …]`, `[:len …]`, `->`, comparisons, `&&`, `||`, `!`. @throws ScriptError */
export function evaluate(source: string, scope: EvaluationScope): ScriptValue {
  const tokens: (ScriptValue | { readonly operator: string })[] = [];
  let left = source;
  while (left.trim() !== '') {
    const found = TOKEN.exec(left);
    if (!found) throw new ScriptError(`an expression that this router does not know: ${left}`);
    const { string, operator, open, word } = found.groups ?? {};
    let length = found[0].length;
    if (string !== undefined) tokens.push(textOf(string));
    else if (operator !== undefined) tokens.push({ operator });
    else if (word !== undefined) tokens.push(/^\d+$/.test(word) ? Number(word) : word);
    else if (open === '(' || open === '[') {
      const end = endOfGroup(left, length - 1, open);
      const group = left.slice(length, end);
      tokens.push(open === '(' ? evaluate(group, scope) : substitute(group.trim(), scope));
      length = end + 1;
    }
    left = left.slice(length);
  }
  return reduce(tokens);
}

const PRECEDENCE = [['->'], ['=', '!=', '<', '>'], ['&&'], ['||']];

function reduce(tokens: readonly (ScriptValue | { readonly operator: string })[]): ScriptValue {
  let values = [...tokens];
  const operatorAt = (index: number): string | undefined => {
    const token = values[index];
    return typeof token === 'object' && 'operator' in token ? token.operator : undefined;
  };
  const operand = (index: number): ScriptValue => {
    const token = values[index];
    if (token === undefined || (typeof token === 'object' && 'operator' in token))
      throw new ScriptError('syntax error in an expression');
    return token;
  };
  for (const operators of PRECEDENCE) {
    for (let at = 0; at < values.length; at += 1) {
      const operator = operatorAt(at);
      if (operator === '!' && operators.includes('&&')) {
        values = [...values.slice(0, at), operand(at + 1) !== true, ...values.slice(at + 2)];
      } else if (operator !== undefined && operators.includes(operator)) {
        const result = apply(operator, operand(at - 1), operand(at + 1));
        values = [...values.slice(0, at - 1), result, ...values.slice(at + 2)];
        at -= 1;
      }
    }
  }
  if (values.length !== 1) throw new ScriptError('syntax error in an expression');
  return operand(0);
}

function apply(operator: string, left: ScriptValue, right: ScriptValue): ScriptValue {
  switch (operator) {
    case '->': {
      const found = isList(left) ? left[Number(right)] : undefined;
      if (found === undefined) throw new ScriptError('no such item');
      return found;
    }
    case '=':
      return String(left) === String(right);
    case '!=':
      return String(left) !== String(right);
    case '<':
      return Number(left) < Number(right);
    case '>':
      return Number(left) > Number(right);
    case '&&':
      return left === true && right === true;
    default:
      return left === true || right === true;
  }
}

/** The value of what stands in square brackets. */
function substitute(source: string, scope: EvaluationScope): ScriptValue {
  const length = /^:len\s+([^]*)$/.exec(source)?.[1];
  if (length !== undefined) {
    const value = evaluate(length, scope);
    return isList(value) ? value.length : String(value).length;
  }
  const [statement] = readScript(source).statements;
  if (statement?.kind !== 'command')
    throw new ScriptError(`a command that this router does not know: ${source}`);
  const menu = source.startsWith('/') ? `/${statement.path.join('/')}` : scope.menu;
  const [first, second] = statement.arguments;
  if (statement.verb === 'find') return scope.find(menu, first?.kind === 'where' ? first.source : '');
  if (statement.verb === 'get' && first?.kind === 'word' && second?.kind === 'word') {
    const target =
      first.value.kind === 'text' ? first.value.text : evaluate(first.value.source, { ...scope, menu });
    return scope.get(menu, String(target), second.value.kind === 'text' ? second.value.text : '');
  }
  throw new ScriptError(`a command that this router does not know: ${source}`);
}

function endOfGroup(text: string, start: number, open: '(' | '['): number {
  const stack: string[] = [];
  for (let index = start; index < text.length; index += 1) {
    const char = text.charAt(index);
    if (char === '"') {
      index += 1;
      while (index < text.length && text.charAt(index) !== '"') index += text.charAt(index) === '\\' ? 2 : 1;
    } else if (char === '(' || char === '[') stack.push(CLOSING[char]);
    else if (char === stack.at(-1)) {
      stack.pop();
      if (stack.length === 0) return index;
    }
  }
  throw new ScriptError(`${CLOSING[open]} is missing`);
}

function textOf(quoted: string): string {
  const [statement] = readScript(`/x add a=${quoted}`).statements;
  const [argument] = statement?.kind === 'command' ? statement.arguments : [];
  return argument?.kind === 'property' && argument.value.kind === 'text' ? argument.value.text : quoted;
}
