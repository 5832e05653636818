/**
 * A wait that can be ended early, again and again by the same one: it costs a timer, and no signal and no listener for each
 * wait of each router.
 */
export class Alarm {
  #timer: NodeJS.Timeout | undefined;
  #settle: ((isRung: boolean) => void) | undefined;

  /** Resolves after `ms` with false, or with true when it is rung. One wait at a time. */
  wait(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#timer = setTimeout(expire, ms, this);
    });
  }

  /** Ends the wait, if there is one. */
  ring(): void {
    clearTimeout(this.#timer);
    this.#end(true);
  }

  expire(): void {
    this.#end(false);
  }

  #end(isRung: boolean): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(isRung);
  }
}

function expire(alarm: Alarm): void {
  alarm.expire();
}
