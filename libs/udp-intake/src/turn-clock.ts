import type { Clock } from '@fairlead/model';

/** Asked so often in a turn, the clock costs more than the call at the end of the turn does. */
const WORTH_A_TURN = 8;
/** Asked so often one by one before it is tried again whether a turn is worth it. */
const TRIAL_EVERY = 256;

/**
 * The wall clock, read once for all that is taken from the sockets in one turn of the event loop, where much is: it had
 * arrived when the turn began. Where little comes the clock is read each time.
 */
export class TurnClock {
  readonly #clock: Pick<Clock, 'nowMs'>;
  #isInTurn = false;
  #turnMs = 0;
  #asked = 0;
  #untilTrial = 0;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** Unix milliseconds. */
  nowMs(): number {
    if (this.#isInTurn) {
      this.#asked += 1;
      return this.#turnMs;
    }
    const nowMs = this.#clock.nowMs();
    if (this.#untilTrial > 0) {
      this.#untilTrial -= 1;
      return nowMs;
    }
    this.#isInTurn = true;
    this.#turnMs = nowMs;
    this.#asked = 1;
    setImmediate(endTurn, this);
    return nowMs;
  }

  endTurn(): void {
    this.#isInTurn = false;
    if (this.#asked < WORTH_A_TURN) this.#untilTrial = TRIAL_EVERY;
  }
}

function endTurn(clock: TurnClock): void {
  clock.endTurn();
}
