/** A sentence from the router, taken apart. */
export interface ReplySentence {
  /** `!re`, `!done`, `!trap`, `!fatal`, `!empty`, or something newer. */
  readonly word: string;
  /** `.tag` of the command that it answers; '' when it has none. */
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Words of neither form, such as the reason of `!fatal`. */
  readonly rest: readonly string[];
}

const TAG = '.tag=';

/** Takes a sentence apart. Attributes and tag may stand in any order; a value may be empty and may hold `=`. */
export function parseReply(sentence: readonly string[]): ReplySentence {
  const [word = '', ...words] = sentence;
  const attributes: [string, string][] = [];
  const rest: string[] = [];
  let tag = '';
  for (const entry of words) {
    if (entry.startsWith('=')) attributes.push(parseAttribute(entry));
    else if (entry.startsWith(TAG)) tag = entry.slice(TAG.length);
    else rest.push(entry);
  }
  return { word, tag, attributes: Object.fromEntries(attributes), rest };
}

function parseAttribute(word: string): [string, string] {
  const separator = word.indexOf('=', 1);
  return separator === -1 ? [word.slice(1), ''] : [word.slice(1, separator), word.slice(separator + 1)];
}
