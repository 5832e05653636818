import { AmbiguousWriteError, type RouterosError, type Trap } from './errors.ts';

/** Properties of an item as the router sends them, all text; a property it left out is absent. */
export type Row = Readonly<Record<string, string>>;

/** A command whose `!done` has not come: what becomes of its replies. */
export interface InFlight {
  readonly command: string;
  /** It may run for ever, so that its silence says nothing about the connection. */
  readonly endless: boolean;
  /**
   * @param bytes size of the words of the sentence
   * @throws ProtocolError when the reply is over its limit
   */
  row(row: Row, bytes: number): void;
  trap(trap: Trap, bytes: number): void;
  done(ret: string | undefined): void;
  /** There will be no `!done`. */
  lost(reason: RouterosError): void;
}

/** What a caller is told when the reply was lost: after a write nobody knows what the router did. */
export function lossOf(command: string, write: boolean, reason: RouterosError): RouterosError {
  return write ? new AmbiguousWriteError(command, reason) : reason;
}
