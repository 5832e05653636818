import { type Command, sentence } from './command.ts';
import { trap } from './traps.ts';

/** Commands that wait in a session, so that a client cannot make it hold any number of them. */
const MAX_RUNNING = 100;

/** What goes on in a session, by its tag. */
export interface RunningCommands {
  /**
   * @param stop ends it without a word
   * @returns false when there are too many
   */
  start(tag: string | undefined, stop: () => void): boolean;
  has(tag: string | undefined): boolean;
  /** It has come to its own end. */
  finish(tag: string | undefined): void;
  /** Stops what the cancel names, or all. @returns the sentences that say so */
  cancel(command: Command): string[][];
  stopAll(): void;
}

export function createRunningCommands(): RunningCommands {
  const running = new Map<string | undefined, () => void>();
  const finish = (tag: string | undefined): void => {
    running.get(tag)?.();
    running.delete(tag);
  };
  return {
    start(tag, stop) {
      finish(tag);
      running.set(tag, stop);
      return running.size <= MAX_RUNNING;
    },
    has: (tag) => running.has(tag),
    finish,
    cancel({ parameters, tag }) {
      const target = parameters['tag'];
      const tags = target === undefined ? [...running.keys()] : [target].filter((key) => running.has(key));
      tags.forEach(finish);
      const interrupted = trap('interrupted').traps[0] ?? [];
      return [
        ...tags.map((key) => sentence('!trap', key, interrupted)),
        sentence('!done', tag),
        ...tags.map((key) => sentence('!done', key)),
      ];
    },
    stopAll() {
      for (const tag of [...running.keys()]) finish(tag);
    },
  };
}
