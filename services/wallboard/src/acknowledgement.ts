import type { LiveEvent } from '@fairlead/live-protocol';
import { isRecovery } from './event-text.ts';

/** Somebody's word that a problem was seen. */
export type Acknowledgement = Extract<LiveEvent, { is: 'order' }>;

/** Whether an event wants somebody to look. */
export const isAlarm = (event: LiveEvent): boolean =>
  event.is === 'event'
    ? event.severity !== 'info'
    : event.is === 'actuation' && ['refused', 'failed', 'ambiguous'].includes(event.outcome);

/**
 * The newest acknowledgement of an event: of itself, or of the state of its WAN for as long as that had not recovered.
 * @param events newest first
 */
export function acknowledgementOf(
  events: readonly LiveEvent[],
  event: LiveEvent,
): Acknowledgement | undefined {
  const own = events.find((other) => isAcknowledgement(other) && other.event === event.id);
  if (own && isAcknowledgement(own)) return own;
  if (event.is !== 'event' || event.wan === '' || !isAlarm(event)) return undefined;
  const after = events.filter(
    (other) =>
      other.t >= event.t && other.router === event.router && 'wan' in other && other.wan === event.wan,
  );
  const recoveredMs = after.findLast(isRecovery)?.t ?? Infinity;
  return after
    .filter(isAcknowledgement)
    .find(({ event: meant, t }) => meant === undefined && t < recoveredMs);
}

/**
 * The newest acknowledgement of the state that a WAN is in: one that is older than the state was of another time.
 * @param events newest first
 * @param sinceMs when the state began; null when that is not known
 */
export const acknowledgementOfWan = (
  events: readonly LiveEvent[],
  place: { readonly router: string; readonly wan: string },
  sinceMs: number | null,
): Acknowledgement | undefined =>
  events
    .filter(isAcknowledgement)
    .find(({ router, wan, t }) => router === place.router && wan === place.wan && t >= (sinceMs ?? 0));

const isAcknowledgement = (event: LiveEvent): event is Acknowledgement =>
  event.is === 'order' && event.order === 'acknowledge';
