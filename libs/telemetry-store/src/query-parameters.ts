import { StoreError } from './port.ts';

/** Code of ClickHouse for a parameter that cannot be read. */
const BAD_QUERY_PARAMETER = 457;

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', '0': '\0' };

const COMPOSITE = /^(?:Array|Map|Tuple|Nested|Variant)\b/i;

/**
 * The parameters of a request (`param_name=value`) as the engines' bindings take them. Over HTTP a value is written as in
 * TabSeparated: `\t`, `\\`, and `\N` for NULL. The text of an array, map or tuple has escapes of its own, which the
 * bindings would escape again, so they are resolved here as well.
 * @param sql to see of which type a parameter is: `{name:Type}`
 * @throws StoreError
 */
export function readQueryParameters(
  sql: string,
  given: Iterable<readonly [name: string, value: string]>,
): Record<string, string | null> {
  const parameters: Record<string, string | null> = {};
  for (const [name, value] of given) {
    if (!/^\w+$/.test(name)) throw badParameter(`${JSON.stringify(name)} is not a name for a parameter`);
    const [, type = ''] = new RegExp(`\\{\\s*${name}\\s*:\\s*([^}]*)\\}`).exec(sql) ?? [];
    if (COMPOSITE.test(type)) parameters[name] = resolveQuoted(name, value);
    else parameters[name] = value === '\\N' ? null : unescape(value);
  }
  return parameters;
}

const unescape = (text: string): string =>
  text.replaceAll(/\\([^])/g, (_, letter: string) => ESCAPES[letter] ?? letter);

/** A quote becomes two, as SQL has it; of a backslash itself nothing can be made that the bindings leave alone. */
function resolveQuoted(name: string, text: string): string {
  return text.replaceAll(/\\([^])/g, (_, letter: string) => {
    if (letter === '\\')
      throw badParameter(`a backslash inside the ${name} cannot be passed; put it into the statement`);
    return letter === "'" ? "''" : (ESCAPES[letter] ?? letter);
  });
}

const badParameter = (message: string): StoreError =>
  new StoreError(message, { code: BAD_QUERY_PARAMETER, retriable: false });
