import type { LiveEvent, RouterView } from '@fairlead/live-protocol';
import { eventText } from '../event-text.ts';
import type { TimeFormat } from '../format.ts';
import { ArrowRight, ToneIcon } from './icons.tsx';

export function EventTicker({
  events,
  routers,
  nowMs,
  times,
}: {
  readonly events: readonly LiveEvent[];
  readonly routers: readonly RouterView[];
  readonly nowMs: number;
  readonly times: TimeFormat;
}) {
  return (
    <section class="ticker" aria-labelledby="ticker-title">
      <h2 id="ticker-title">Events</h2>
      {events.length === 0 ? (
        <p class="ticker-empty">
          Nothing has happened yet. Limits crossed, decisions and actuations appear here.
        </p>
      ) : (
        <div class="ticker-scroll" role="log" tabIndex={0} aria-label="Events, newest first">
          <ol>
            {events.map((event) => (
              <Entry key={event.id} event={event} routers={routers} nowMs={nowMs} times={times} />
            ))}
          </ol>
        </div>
      )}
    </section>
  );
}

function Entry({
  event,
  routers,
  nowMs,
  times,
}: {
  readonly event: LiveEvent;
  readonly routers: readonly RouterView[];
  readonly nowMs: number;
  readonly times: TimeFormat;
}) {
  const text = eventText(event, routers);
  const day = times.day(event.t, nowMs);
  return (
    <li class="entry" data-is={event.is} data-tone={text.tone} data-event={event.id}>
      <ToneIcon tone={text.tone} />
      <div>
        <p class="entry-head">
          <time dateTime={new Date(event.t).toISOString()}>
            {day === '' ? '' : `${day}, `}
            {times.time(event.t)}
          </time>
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
      </div>
    </li>
  );
}
