const HOUR_MS = 3_600_000;

/** Bounds how many rules of a router are set in an hour, whatever decisions say. It lives as long as the process. */
export interface WriteBudget {
  /**
   * Why this many rules must not be set now; undefined when they may.
   * @param isEmergency whether a WAN in use is down, for which a part of the budget is kept
   */
  refuse(count: number, isEmergency: boolean): string | undefined;
  /** Counts one setting, before it is sent. */
  spend(): void;
}

/** @param perHour most settings in any hour, of which `kept` are for emergencies only */
export function createWriteBudget(perHour: number, kept: number, monotonicMs: () => number): WriteBudget {
  let spentMs: number[] = [];
  return {
    refuse(count, isEmergency) {
      const nowMs = monotonicMs();
      spentMs = spentMs.filter((atMs) => nowMs - atMs < HOUR_MS);
      const limit = isEmergency ? perHour : perHour - kept;
      if (spentMs.length + count <= limit) return undefined;
      const ofWhich = isEmergency ? '' : `, of which ${kept} are kept for a WAN that goes down`;
      return `the budget is spent: ${spentMs.length} rules were set in the last hour, ${count} are to be, ${perHour} may be${ofWhich}`;
    },
    spend() {
      spentMs.push(monotonicMs());
    },
  };
}
