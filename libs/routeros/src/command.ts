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

/** Last words of commands that only look. */
const READS = new Set(['print', 'getall', 'listen', 'monitor', 'monitor-traffic']);
const READ_COMMANDS = new Set(['/ping', '/tool/ping', '/tool/traceroute']);
/** Parameters by which such a command writes a file on the router or runs a script. */
const WRITING_PARAMETERS = /^=(?:file|append|do)(?:=|$)/;

/** Whether a command looks, or would if it had no parameter that writes. Whatever is not known is taken for a write. */
export function isReadCommand(command: string): boolean {
  return READ_COMMANDS.has(command) || READS.has(command.slice(command.lastIndexOf('/') + 1));
}

/** Whether a command can change nothing. */
export function isRead(words: readonly string[]): boolean {
  return isReadCommand(words[0] ?? '') && !words.some((word) => WRITING_PARAMETERS.test(word));
}

const isWords = (command: Command): command is readonly string[] => Array.isArray(command);
