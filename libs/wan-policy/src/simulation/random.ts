/** A seeded source of numbers in [0, 1): xorshift32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e37_79b1) | 1;
    for (let i = 0; i < 8; i += 1) this.next();
  }

  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) / 2 ** 32;
  }

  /** Of mean 1. */
  exponential(): number {
    return -Math.log(1 - this.next());
  }

  /** Heavy tail of mean 1 (shape 1.5), cut at a hundred times the mean. */
  pareto(): number {
    return Math.min(100, (1 - this.next()) ** (-1 / 1.5) / 3);
  }
}
