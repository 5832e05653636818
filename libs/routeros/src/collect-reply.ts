import { ProtocolError, type RouterosError, type Trap, TrapError } from './errors.ts';
import { type InFlight, lossOf, type Row } from './in-flight.ts';

/** What a command gave. */
export interface Reply {
  readonly records: readonly Row[];
  /** What `!done` returned, such as the id of an added item. */
  readonly ret?: string;
}

export interface CollectOptions {
  readonly write: boolean;
  readonly timeoutMs: number;
  /** Most bytes of words that the reply may have. */
  readonly maxReplyBytes: number;
  /** Told when there was no `!done` in time, with the command. */
  onTimeout(entry: CollectedReply): void;
}

/** A command whose reply is gathered until `!done`. A class, since one is made for each command of each reading. */
export class CollectedReply implements InFlight {
  readonly command: string;
  readonly endless = false;
  readonly tag: string;
  readonly timeoutMs: number;
  readonly reply: Promise<Reply>;
  readonly #write: boolean;
  readonly #maxReplyBytes: number;
  readonly #timer: NodeJS.Timeout;
  readonly #records: Row[] = [];
  #traps: Trap[] | undefined;
  #bytes = 0;
  #resolve!: (reply: Reply) => void;
  #reject!: (error: RouterosError) => void;

  constructor(command: string, tag: string, { write, timeoutMs, maxReplyBytes, onTimeout }: CollectOptions) {
    this.command = command;
    this.tag = tag;
    this.timeoutMs = timeoutMs;
    this.#write = write;
    this.#maxReplyBytes = maxReplyBytes;
    this.reply = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = setTimeout(onTimeout, timeoutMs, this);
  }

  row(row: Row, bytes: number): void {
    this.#admit(bytes);
    this.#records.push(row);
  }

  trap(trap: Trap, bytes: number): void {
    this.#admit(bytes);
    (this.#traps ??= []).push(trap);
  }

  done(ret: string | undefined): void {
    clearTimeout(this.#timer);
    if (this.#traps) this.#reject(new TrapError(this.#traps));
    else this.#resolve(ret === undefined ? { records: this.#records } : { records: this.#records, ret });
  }

  lost(reason: RouterosError): void {
    clearTimeout(this.#timer);
    // A trap is an answer, even when its !done was lost.
    this.#reject(this.#traps ? new TrapError(this.#traps) : lossOf(this.command, this.#write, reason));
  }

  #admit(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes <= this.#maxReplyBytes) return;
    throw new ProtocolError(`the reply to ${this.command} is over the limit of ${this.#maxReplyBytes} bytes`);
  }
}
