import { writeText } from './quoted-text.ts';
import type { ScriptArgument, ScriptStatement, ScriptValue } from './script.ts';

/** Writes statements as RouterOS text, one a line; a command names its menu where the lines before do not. */
export function writeScript(statements: readonly ScriptStatement[]): string {
  let menu: string | undefined;
  const lines = statements.map((statement) => {
    switch (statement.kind) {
      case 'comment':
        return `#${statement.text}`;
      case 'scripting':
        return statement.source;
      case 'menu':
        menu = menuOf(statement.path);
        return menu;
      case 'command': {
        const path = menuOf(statement.path);
        const words = [statement.verb, ...statement.arguments.map(writeArgument)].join(' ');
        return path === menu ? words : `${path === '/' ? '/' : `${path} `}${words}`;
      }
    }
  });
  return lines.map((line) => `${line}\n`).join('');
}

const menuOf = (path: readonly string[]): string => `/${path.join(' ')}`;

function writeArgument(argument: ScriptArgument): string {
  switch (argument.kind) {
    case 'property':
      return `${argument.name}=${writeValue(argument.value)}`;
    case 'word':
      return writeValue(argument.value);
    case 'selector':
      return argument.source === '' ? '[ find ]' : `[ find ${argument.source} ]`;
    case 'where':
      return `where ${argument.source}`;
  }
}

const writeValue = (value: ScriptValue): string =>
  value.kind === 'text' ? (value.text === '' ? '""' : writeText(value.text)) : value.source;
