import type { LiveEvent } from '@fairlead/live-protocol';
import {
  type Actuation,
  type Decision,
  Mode,
  type Order,
  OrderKind,
  Outcome,
  Severity,
  type WanEvent,
} from '@fairlead/model';

type ActuationEvent = Extract<LiveEvent, { is: 'actuation' }>;
type OrderEvent = Extract<LiveEvent, { is: 'order' }>;

const severities = new Map<number, 'info' | 'warning' | 'error'>([
  [Severity.WARNING, 'warning'],
  [Severity.ERROR, 'error'],
]);

const outcomes = new Map<number, ActuationEvent['outcome']>([
  [Outcome.CONFIRMED, 'confirmed'],
  [Outcome.UNCHANGED, 'unchanged'],
  [Outcome.DRY_RUN, 'dry-run'],
  [Outcome.REFUSED, 'refused'],
  [Outcome.FAILED, 'failed'],
  [Outcome.AMBIGUOUS, 'ambiguous'],
  [Outcome.REVERTED, 'reverted'],
]);

const modes = new Map<number, ActuationEvent['mode']>([
  [Mode.OBSERVE, 'observe'],
  [Mode.ARMED, 'armed'],
]);

const orders = new Map<number, OrderEvent['order']>([
  [OrderKind.ACKNOWLEDGE, 'acknowledge'],
  [OrderKind.PIN, 'pin'],
  [OrderKind.UNPIN, 'unpin'],
  [OrderKind.LOCK, 'lock'],
  [OrderKind.UNLOCK, 'unlock'],
  [OrderKind.ARM, 'arm'],
  [OrderKind.OBSERVE, 'observe'],
]);

export function liveWanEvent(event: WanEvent): LiveEvent {
  return {
    is: 'event',
    id: event.id,
    t: event.timeMs,
    site: event.site,
    router: event.router,
    wan: event.wan,
    kind: event.kind,
    severity: severities.get(event.severity) ?? 'info',
    message: event.message,
    ...(event.value === undefined ? {} : { value: event.value }),
    ...(event.limit === undefined ? {} : { limit: event.limit }),
  };
}

export function liveDecision(decision: Decision): LiveEvent {
  return {
    is: 'decision',
    id: `decision:${decision.id}`,
    t: decision.timeMs,
    site: decision.site,
    router: decision.router,
    fromWan: decision.fromWan,
    toWan: decision.toWan,
    reason: decision.reason,
  };
}

export function liveActuation(actuation: Actuation): LiveEvent {
  return {
    is: 'actuation',
    id: `actuation:${actuation.id}`,
    t: actuation.timeMs,
    site: actuation.site,
    router: actuation.router,
    outcome: outcomes.get(actuation.outcome) ?? 'unknown',
    mode: modes.get(actuation.mode) ?? 'unknown',
    rule: actuation.rule,
    beforeMark: actuation.beforeMark,
    afterMark: actuation.afterMark,
    wantedMark: actuation.wantedMark,
    reason: actuation.reason,
    latencyMs: actuation.latencyMs,
  };
}

export function liveOrder(order: Order): LiveEvent {
  return {
    is: 'order',
    id: order.id,
    t: order.timeMs,
    site: order.site,
    router: order.router,
    wan: order.wan,
    order: orders.get(order.kind) ?? 'unknown',
    by: order.tokenName,
    note: order.note,
    ...(order.untilMs === undefined ? {} : { untilMs: order.untilMs }),
    ...(order.eventId === '' ? {} : { event: order.eventId }),
  };
}
