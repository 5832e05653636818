import type { LiveEvent, RouterView } from '@fairlead/live-protocol';
import { useMemo } from 'preact/hooks';
import { type Acknowledgement, acknowledgementOf, isAlarm } from '../acknowledgement.ts';
import { eventText } from '../event-text.ts';
import type { TimeFormat } from '../format.ts';
import { ArrowRight, ToneIcon } from './icons.tsx';
import type { AskOrder } from './router-line.tsx';

const MINUTE_MS = 60_000;

export function EventTicker({
  events,
  routers,
  nowMs,
  times,
  onOrder,
}: {
  readonly events: readonly LiveEvent[];
  readonly routers: readonly RouterView[];
  readonly nowMs: number;
  readonly times: TimeFormat;
  readonly onOrder: AskOrder | undefined;
}) {
  // Drawn anew when something in it changes, or the day may have: not with every sample of every WAN.
  const entries = useMemo(
    () =>
      events.map((event) => (
        <Entry
          key={event.id}
          event={event}
          seen={acknowledgementOf(events, event)}
          routers={routers}
          nowMs={nowMs}
          times={times}
          onOrder={onOrder}
        />
      )),
    [events, routers, times, onOrder, Math.floor(nowMs / MINUTE_MS)],
  );
  return (
    <section class="ticker" aria-labelledby="ticker-title">
      <h2 id="ticker-title">Events</h2>
      {events.length === 0 ? (
        <p class="ticker-empty">
          Nothing has happened yet. Limits crossed, decisions and actuations appear here.
        </p>
      ) : (
        <div class="ticker-scroll" role="log" tabIndex={0} aria-label="Events, newest first">
          <ol>{entries}</ol>
        </div>
      )}
    </section>
  );
}

function Entry({
  event,
  seen,
  routers,
  nowMs,
  times,
  onOrder,
}: {
  readonly event: LiveEvent;
  readonly seen: Acknowledgement | undefined;
  readonly routers: readonly RouterView[];
  readonly nowMs: number;
  readonly times: TimeFormat;
  readonly onOrder: AskOrder | undefined;
}) {
  const text = eventText(event, routers, (ms) => times.moment(ms, nowMs));
  const router = routers.find((view) => view.router === event.router);
  return (
    <li class="entry" data-is={event.is} data-tone={text.tone} data-event={event.id}>
      <ToneIcon tone={text.tone} />
      <div>
        <p class="entry-head">
          <time dateTime={new Date(event.t).toISOString()}>{times.moment(event.t, nowMs)}</time>
          <span class="entry-label">{text.label}</span>
          {routers.length > 1 && <span>{event.router}</span>}
        </p>
        <p class="entry-title">{text.title}</p>
        {text.change && (
          <p class="entry-change">
            <span>{text.change.from === '' ? 'none' : text.change.from}</span>
            <ArrowRight />
            <span>{text.change.to === '' ? 'none' : text.change.to}</span>
          </p>
        )}
        {text.facts.length > 0 && (
          <p class="entry-facts">
            {text.facts.map((fact) => (
              <span key={fact}>{fact}</span>
            ))}
          </p>
        )}
        {text.detail !== '' && <p class="entry-detail">{text.detail}</p>}
        {seen && (
          <p class="seen">
            Seen by {seen.by}, {times.moment(seen.t, nowMs)}: {seen.note}
          </p>
        )}
        {!seen && router && onOrder && isAlarm(event) && (
          <button
            type="button"
            aria-haspopup="dialog"
            aria-label={`Acknowledge ${text.title}`}
            onClick={() =>
              onOrder({
                kind: 'acknowledge',
                router,
                subject: text.title,
                wan: event.is === 'event' && event.wan !== '' ? event.wan : undefined,
                event: event.id,
              })
            }
          >
            Acknowledge
          </button>
        )}
      </div>
    </li>
  );
}
