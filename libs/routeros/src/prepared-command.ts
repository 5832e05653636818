import { type CommandParts, commandWords, isRead } from './command.ts';
import { encodeSentence, encodeWord } from './sentence.ts';

/** A command that is taken apart and encoded once, for one that is sent again and again. It does not change. */
export class PreparedCommand {
  readonly words: readonly string[];
  /** It can change nothing. */
  readonly isRead: boolean;
  readonly #sentence: Uint8Array;

  constructor(command: readonly string[] | CommandParts) {
    this.words = Object.freeze([...commandWords(command)]);
    this.isRead = isRead(this.words);
    this.#sentence = encodeSentence(this.words);
  }

  /** Its bytes under this tag, or under none where the tag is ''. */
  encode(tag: string): Uint8Array {
    const sentence = this.#sentence;
    if (tag === '') return sentence;
    const word = encodeWord(`.tag=${tag}`);
    const bytes = Buffer.allocUnsafe(sentence.length + word.length);
    bytes.set(sentence);
    bytes.set(word, sentence.length - 1);
    bytes[bytes.length - 1] = 0;
    return bytes;
  }
}
