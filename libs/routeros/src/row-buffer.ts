import type { Row } from './in-flight.ts';

export interface RowBufferLimits {
  /** Most rows that wait to be read. */
  readonly maxRows: number;
  /** Most bytes of words that wait to be read; one row may be larger. */
  readonly maxBytes: number;
}

/** Rows between a router that sends and a consumer that reads at its own pace. Holds no more than its limits. */
export class RowBuffer {
  readonly #limits: RowBufferLimits;
  #rows: { readonly row: Row; readonly bytes: number }[] = [];
  #bytes = 0;
  #dropped = 0;
  #end: { readonly error: Error | undefined } | undefined;
  readonly #waiting: Reader[] = [];

  constructor(limits: RowBufferLimits) {
    this.#limits = limits;
  }

  /** Rows that were let go for want of room. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether a row of so many bytes would be too much. An empty buffer takes any. */
  isFull(bytes: number): boolean {
    const { maxRows, maxBytes } = this.#limits;
    return this.#rows.length > 0 && (this.#rows.length >= maxRows || this.#bytes + bytes > maxBytes);
  }

  /** Takes a row; lets the oldest go where there is no room. */
  push(row: Row, bytes: number): void {
    if (this.#end) return;
    const reader = this.#waiting.shift();
    if (reader) {
      reader.resolve({ done: false, value: row });
      return;
    }
    while (this.isFull(bytes)) {
      this.#shift();
      this.#dropped += 1;
    }
    this.#rows.push({ row, bytes });
    this.#bytes += bytes;
  }

  /** No row follows. Those that wait can still be read; then comes the error, once, if there is one. */
  end(error?: Error): void {
    if (this.#end) return;
    this.#end = { error };
    for (const reader of this.#waiting.splice(0)) this.#finish(reader);
  }

  /** Nobody reads any more. */
  discard(): void {
    this.#rows = [];
    this.#bytes = 0;
    this.#end = { error: undefined };
    for (const reader of this.#waiting.splice(0)) this.#finish(reader);
  }

  next(): Promise<IteratorResult<Row, undefined>> {
    const row = this.#shift();
    if (row) return Promise.resolve({ done: false, value: row });
    return new Promise((resolve, reject) => {
      const reader = { resolve, reject };
      if (this.#end) this.#finish(reader);
      else this.#waiting.push(reader);
    });
  }

  #shift(): Row | undefined {
    const first = this.#rows.shift();
    this.#bytes -= first?.bytes ?? 0;
    return first?.row;
  }

  #finish(reader: Reader): void {
    const error = this.#end?.error;
    this.#end = { error: undefined };
    if (error) reader.reject(error);
    else reader.resolve({ done: true, value: undefined });
  }
}

interface Reader {
  readonly resolve: (result: IteratorResult<Row, undefined>) => void;
  readonly reject: (error: Error) => void;
}
