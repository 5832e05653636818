import { type EventKind, routerEvent, Severity, type Wan, type WanEvent } from '@fairlead/model';
import type { ThresholdLimits } from '@fairlead/wan-policy';
import type { RouterPlan } from './router-plan.ts';

/** An event of one WAN of the plan's router. */
export function event(
  { router }: RouterPlan,
  wan: string,
  kind: EventKind,
  severity: Severity,
  timeMs: number,
  rest: { readonly message: string; readonly value?: number; readonly limit?: number },
): WanEvent {
  const id = `${router.name}/${wan}/${kind}/${timeMs}`;
  return { id, timeMs, site: router.site, router: router.name, wan, kind, severity, ...rest };
}

/** What a link that went down or came back is told by; nothing where it stays as it was. */
export function runningEvents(
  plan: RouterPlan,
  wan: Wan,
  before: boolean | undefined,
  now: boolean | undefined,
  timeMs: number,
): WanEvent[] {
  if (now === false && before !== false) {
    const message = `${wan.name}: interface ${wan.interface} is not running`;
    return [event(plan, wan.name, 'wan-down', Severity.ERROR, timeMs, { message })];
  }
  if (now === true && before === false) {
    const message = `${wan.name}: interface ${wan.interface} is running again`;
    return [event(plan, wan.name, 'wan-up', Severity.INFO, timeMs, { message })];
  }
  return [];
}

/** A load, as a share of capacity, that crossed a limit. */
export function thresholdEvent(
  plan: RouterPlan,
  { leaveAbove, returnBelow, samples }: ThresholdLimits,
  wan: string,
  side: 'above' | 'below',
  value: number,
  timeMs: number,
): WanEvent {
  const limit = side === 'above' ? leaveAbove : returnBelow;
  const message =
    `${wan}: ${percent(value)} of its capacity, ${side} ${percent(limit)} ` +
    `in ${samples.breached} of ${samples.of} samples`;
  const severity = side === 'above' ? Severity.WARNING : Severity.INFO;
  return event(plan, wan, `threshold-${side}`, severity, timeMs, { message, value, limit });
}

/** @param isUnrouted the router itself gave the WAN up, which tells more than that its probes fail */
export function upstreamEvent(
  plan: RouterPlan,
  wan: string,
  isCutOff: boolean,
  isUnrouted: boolean,
  timeMs: number,
): WanEvent {
  if (!isCutOff) {
    const message = `${wan}: what lies beyond its gateway is in reach again`;
    return event(plan, wan, 'upstream-up', Severity.INFO, timeMs, { message });
  }
  const why = isUnrouted ? 'its default route is not in use' : 'its probes fail';
  const message = `${wan}: what lies beyond its gateway is out of reach; ${why}`;
  return event(plan, wan, 'upstream-down', Severity.ERROR, timeMs, { message });
}

/** The clock of what reads the router was set back. */
export function clockEvent({ router }: RouterPlan, timeMs: number): WanEvent {
  const message = 'the clock went back; steering goes on by the new time';
  return routerEvent(router, { timeMs, kind: 'clock-set-back', severity: Severity.WARNING, message });
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
