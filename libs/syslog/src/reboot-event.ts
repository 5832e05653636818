export interface RebootEvent {
  readonly kind: 'rebooted';
  /** Whether RouterOS was shut down before; false after a loss of power, a crash or the watchdog. */
  readonly wasShutDown: 'yes' | 'no';
  readonly reason?: string;
  /** Who asked for it, in RouterOS's words. */
  readonly by?: string;
}

const rebooted =
  /^router (?:was )?rebooted( without proper shutdown)?(?:(?:,| because of) (.{1,256})| by (.{1,256}))?$/;
const because = /^System rebooted because of (.{1,256})$/;

/** `router rebooted`, `router was rebooted without proper shutdown by watchdog timer`, `… probably power outage`. */
export function readReboot(text: string): RebootEvent | undefined {
  if (!text.includes(' rebooted')) return undefined;
  const crash = because.exec(text);
  if (crash) return { kind: 'rebooted', wasShutDown: 'no', reason: crash[1] ?? '' };
  const match = rebooted.exec(text);
  if (!match) return undefined;
  const [, unclean, reason, by] = match;
  if (unclean === undefined) {
    return { kind: 'rebooted', wasShutDown: 'yes', ...(reason && { reason }), ...(by && { by }) };
  }
  const cause = reason ?? by;
  return { kind: 'rebooted', wasShutDown: 'no', ...(cause && { reason: cause }) };
}
