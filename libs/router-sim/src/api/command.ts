import type { Properties } from '../config/config-table.ts';
import { ApiTrap } from './traps.ts';

/** A command sentence, taken apart. */
export interface Command {
  readonly path: string;
  readonly verb: string;
  readonly parameters: Properties;
  readonly queries: readonly string[];
  readonly tag: string | undefined;
}

export function readCommand(words: readonly string[]): Command {
  const [name = '', ...rest] = words;
  const slash = name.lastIndexOf('/');
  const parameters: Record<string, string> = {};
  const queries: string[] = [];
  let tag: string | undefined;
  for (const word of rest) {
    if (word.startsWith('?')) queries.push(word);
    else if (word.startsWith('.tag=')) tag = word.slice('.tag='.length);
    else if (word.startsWith('=')) {
      const end = word.indexOf('=', 1);
      if (end === -1) parameters[word.slice(1)] = '';
      else parameters[word.slice(1, end)] = word.slice(end + 1);
    }
  }
  return { path: name.slice(0, Math.max(0, slash)), verb: name.slice(slash + 1), parameters, queries, tag };
}

/** A sentence to the client; the tag stands directly after the reply word. */
export const sentence = (
  reply: string,
  tag: string | undefined,
  attributes: readonly string[] = [],
): string[] => [reply, ...(tag === undefined ? [] : [`.tag=${tag}`]), ...attributes];

/** The sentences of a refusal. @throws what is none */
export function refusal(error: unknown, tag: string | undefined): string[][] {
  if (!(error instanceof ApiTrap)) throw error;
  return [...error.traps.map((attributes) => sentence('!trap', tag, attributes)), sentence('!done', tag)];
}
