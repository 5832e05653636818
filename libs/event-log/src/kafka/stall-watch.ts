/** Tells a consumer that stands still from one that has nothing to do. */
export interface StallWatch {
  /** Something was taken, or is being worked on. */
  moved(): void;
  /**
   * A look from time to time; two in a row without a move, while the log has grown since the last move, are a stall.
   * @param end sum of the end offsets of what the consumer has to read
   * @returns whether it stands still
   */
  look(end: number): boolean;
}

export function createStallWatch(): StallWatch {
  let hasMoved = true;
  let endAtMove = 0;
  let looksBehind = 0;
  return {
    moved() {
      hasMoved = true;
    },
    look(end) {
      if (hasMoved || end <= endAtMove) {
        if (hasMoved) endAtMove = end;
        hasMoved = false;
        looksBehind = 0;
        return false;
      }
      looksBehind += 1;
      if (looksBehind < 2) return false;
      hasMoved = true;
      return true;
    },
  };
}
