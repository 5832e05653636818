/** What brings a subscriber from one sequence number nearer to the present. */
export interface Step {
  readonly frame: Buffer;
  /** Where the subscriber stands when it has the frame. */
  readonly seq: number;
  /** How many deltas the frame stands for beside itself. */
  readonly conflated: number;
}

/**
 * A channel remembers; its subscribers are only a sequence number each. So a client that reads slowly costs nothing
 * here: when it is ready again, `next` says what it needs.
 */
export interface Channel {
  /** Type of the messages that `next` makes. */
  readonly kind: 'delta' | 'event';
  readonly seq: number;
  /** Makes what was put in since the last commit visible, and says whether there was anything. */
  commit(): boolean;
  /** The whole channel, at present or shortly before. */
  snapshot(
    id: number,
    options: { readonly nowMs: number; readonly historySeconds: number },
  ): Omit<Step, 'conflated'>;
  /** Whether `next` can continue from there. */
  resumable(seq: number): boolean;
  /** The next frame; undefined at the present; `lost` when what came after `seq` is no longer kept. */
  next(seq: number, id: number, nowMs: number): Step | 'lost' | undefined;
}
