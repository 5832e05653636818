import type { LiveEvent } from '@fairlead/live-protocol';

/** Somebody's word that a problem was seen. */
export type Acknowledgement = Extract<LiveEvent, { is: 'order' }>;

/** Whether an event wants somebody to look. */
export const isAlarm = (event: LiveEvent): boolean =>
  event.is === 'event'
    ? event.severity !== 'info'
    : event.is === 'actuation' && ['refused', 'failed', 'ambiguous'].includes(event.outcome);

/** The newest acknowledgement of an event. */
export const acknowledgementOf = (events: readonly LiveEvent[], id: string): Acknowledgement | undefined =>
  events.filter(isAcknowledgement).find(({ event }) => event === id);

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
