import type { Trap } from './errors.ts';

/** A sentence from the router, taken apart. */
export interface ReplySentence {
  /** `!re`, `!done`, `!trap`, `!fatal`, `!empty`, or something newer. */
  readonly word: string;
  /** `.tag` of the command that it answers; '' when it has none. */
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Words of neither form, such as the reason of `!fatal`. */
  readonly rest: readonly string[];
  /** Size of its words. */
  readonly size: number;
}

const TAG = '.tag=';

/** Takes a sentence apart. Attributes and tag may stand in any order; a value may be empty and may hold `=`. */
export function parseReply(sentence: readonly string[]): ReplySentence {
  const attributes: Record<string, string> = {};
  const rest: string[] = [];
  let tag = '';
  let size = 0;
  for (let i = 0; i < sentence.length; i += 1) {
    const word = sentence[i] ?? '';
    size += word.length;
    if (i === 0) continue;
    if (word.startsWith('=')) setAttribute(attributes, word);
    else if (word.startsWith(TAG)) tag = word.slice(TAG.length);
    else rest.push(word);
  }
  return { word: sentence[0] ?? '', tag, attributes, rest, size };
}

function setAttribute(attributes: Record<string, string>, word: string): void {
  const separator = word.indexOf('=', 1);
  const name = separator === -1 ? word.slice(1) : word.slice(1, separator);
  const value = separator === -1 ? '' : word.slice(separator + 1);
  // Assigned, this one name would be lost.
  if (name === '__proto__') Object.defineProperty(attributes, name, { value, enumerable: true });
  else attributes[name] = value;
}

/** What a `!trap` says. */
export function readTrap({ attributes }: ReplySentence): Trap {
  const category = Number.parseInt(attributes['category'] ?? '', 10);
  return {
    category: Number.isNaN(category) ? undefined : category,
    message: shorten(attributes['message'] ?? 'no message'),
  };
}

/** Text of the router goes into messages and events; it decides neither their length. */
export const shorten = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
