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
  onTimeout(): void;
}

/** A command whose reply is gathered until `!done`. */
export function collectReply(
  command: string,
  { write, timeoutMs, maxReplyBytes, onTimeout }: CollectOptions,
): { readonly inFlight: InFlight; readonly reply: Promise<Reply> } {
  const records: Row[] = [];
  const traps: Trap[] = [];
  let replyBytes = 0;
  let resolve: (reply: Reply) => void;
  let reject: (error: RouterosError) => void;
  const reply = new Promise<Reply>((...settle) => ([resolve, reject] = settle));
  const timer = setTimeout(onTimeout, timeoutMs);
  const admit = (bytes: number): void => {
    replyBytes += bytes;
    if (replyBytes <= maxReplyBytes) return;
    throw new ProtocolError(`the reply to ${command} is over the limit of ${maxReplyBytes} bytes`);
  };
  const inFlight: InFlight = {
    command,
    endless: false,
    row(row, bytes) {
      admit(bytes);
      records.push(row);
    },
    trap(trap, bytes) {
      admit(bytes);
      traps.push(trap);
    },
    done(ret) {
      clearTimeout(timer);
      if (traps.length > 0) reject(new TrapError(traps));
      else resolve({ records, ...(ret === undefined ? {} : { ret }) });
    },
    lost(reason) {
      clearTimeout(timer);
      // A trap is an answer, even when its !done was lost.
      reject(traps.length > 0 ? new TrapError(traps) : lossOf(command, write, reason));
    },
  };
  return { inFlight, reply };
}
