const custom = Symbol.for('nodejs.util.inspect.custom');

/** A value that never shows itself: prints, logs and serialises as `[secret]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that needs it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [custom](): string {
    return '[secret]';
  }
}
