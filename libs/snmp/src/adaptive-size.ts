/**
 * How much to ask one agent for at once: grows while answers are complete, becomes half when one does not come or does not
 * fit, and then stays below what failed until a row of successes allows to try one more.
 */
export interface AdaptiveSize {
  readonly current: number;
  /** The answer held all that was asked for (`full`), or the agent cut it after `received`. */
  answered(received: number): void;
  /** No answer, or tooBig. Returns false when there is nothing smaller to ask for. */
  failed(): boolean;
}

/** Answers in a row after which one more than what failed is tried. */
const TRY_MORE_AFTER = 50;

export function createAdaptiveSize({
  first,
  max,
}: {
  readonly first: number;
  readonly max: number;
}): AdaptiveSize {
  let current = Math.min(first, max);
  let ceiling = max;
  let successes = 0;
  return {
    get current() {
      return current;
    },
    answered(received) {
      successes += 1;
      if (received < current) {
        ceiling = Math.max(1, received);
        current = ceiling;
        successes = 0;
      } else if (current < ceiling) current = Math.min(ceiling, current * 2);
      else if (ceiling < max && successes >= TRY_MORE_AFTER) {
        ceiling += 1;
        current = ceiling;
        successes = 0;
      }
    },
    failed() {
      if (current === 1) return false;
      successes = 0;
      ceiling = Math.floor(current / 2);
      current = ceiling;
      return true;
    },
  };
}
