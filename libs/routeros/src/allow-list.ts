import { isRead, isReadCommand } from './command.ts';
import { NotAllowedError } from './errors.ts';

/** A command that a session may send: its exact path, and, where given, the only attributes it may carry. */
export type AllowedCommand = string | { readonly command: string; readonly attributes: readonly string[] };

/** Throws for a command that may not be sent. */
export type AllowList = (words: readonly string[]) => void;

/**
 * The boundary of what a session can do. RouterOS has no permission by menu: whoever may write one rule may write nearly
 * everything, so what Fairlead can send is declared in code, for each session.
 * @returns a check that throws NotAllowedError
 */
export function createAllowList(allowed: readonly AllowedCommand[]): AllowList {
  const attributesOf = new Map(
    allowed.map((entry) =>
      typeof entry === 'string' ? [entry, undefined] : [entry.command, new Set(entry.attributes)],
    ),
  );
  return (words) => {
    const [command = '', ...rest] = words;
    if (!attributesOf.has(command))
      throw new NotAllowedError(`${command}: not on the allow-list of this session`);
    if (isReadCommand(command) && !isRead(words)) {
      throw new NotAllowedError(`${command}: may not write a file or run a script on the router`);
    }
    const attributes = attributesOf.get(command);
    for (const word of rest) {
      const name = word.split('=', 2)[1] ?? '';
      if (!/^[=?]/.test(word))
        throw new NotAllowedError(`${command}: a word that is neither attribute nor query`);
      if (word.startsWith('=') && attributes?.has(name) === false) {
        throw new NotAllowedError(`${command}: attribute ${name} is not on the allow-list of this session`);
      }
    }
  };
}
