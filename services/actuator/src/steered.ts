import type { SessionKeeper, SteeredRouter } from './session-keeper.ts';
import type { WriteBudget } from './write-budget.ts';

/** The name by which routers know this Fairlead, and for how long they do. */
export interface Lease {
  readonly holder: string;
  readonly seconds: number;
}

/** A router that is steered, with the session kept for it. */
export interface Steered {
  readonly router: SteeredRouter;
  readonly keeper: SessionKeeper;
  readonly lease: Lease;
  readonly writes: WriteBudget;
}
