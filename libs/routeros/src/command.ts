/** A command in parts. */
export interface CommandParts {
  /** Such as `/interface/print`. */
  readonly command: string;
  /** Such as `{ '.proplist': 'name' }` for `=.proplist=name`. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Query words with their question mark, such as `?comment=x`; they form a stack (manual, "API", "Queries"). */
  readonly queries?: readonly string[];
}

/** A command as its words or in parts. */
export type Command = readonly string[] | CommandParts;

/** The words of a command. */
export function commandWords(command: Command): readonly string[] {
  if (isWords(command)) return command;
  const attributes = Object.entries(command.attributes ?? {}).map(([name, value]) => `=${name}=${value}`);
  return [command.command, ...attributes, ...(command.queries ?? [])];
}

/** Whether a command can change nothing. Only `print` is known to; whatever else is taken for a write. */
export function isRead(words: readonly string[]): boolean {
  // `print file=…` writes a file on the router.
  return words[0]?.endsWith('/print') === true && !words.some((word) => word.startsWith('=file'));
}

const isWords = (command: Command): command is readonly string[] => Array.isArray(command);
