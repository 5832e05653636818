import type { LiveEvent, RouterDetail, RouterView } from '@fairlead/live-protocol';
import { eventText } from '../event-text.ts';
import { formatShare, type TimeFormat } from '../format.ts';
import { leaseOf, ruleText, wanOfMark } from '../router-facts.ts';
import { FactTable } from './fact-table.tsx';
import { ArrowRight } from './icons.tsx';
import { Facts, Panel } from './panel.tsx';

const MOST_CHANGES = 8;

/** How a router is steered, and by whom. */
export function Steering({
  router,
  detail,
  events,
  nowMs,
  times,
}: {
  readonly router: RouterView;
  readonly detail: RouterDetail | undefined;
  readonly events: readonly LiveEvent[];
  readonly nowMs: number;
  readonly times: TimeFormat;
}) {
  const { limits, mark, pin, locked, mode } = router;
  if (limits === null) {
    return (
      <Panel title="Steering">
        <p>This router is only watched.</p>
      </Panel>
    );
  }
  return (
    <Panel title="Steering">
      <Facts
        facts={[
          ['Mode', mode === 'armed' ? 'armed: Fairlead writes' : 'observing: nothing is written'],
          [
            'Limits',
            `leave above ${formatShare(limits.leaveAbove)} %, return below ${formatShare(limits.returnBelow)} %`,
          ],
          ['Rule', detail ? ruleText(detail.rules) : 'not known'],
          ['Mark now', mark === null ? 'not known' : `${mark} (${wanOfMark(mark, router)})`],
          ['Lock', locked ? 'locked: nothing is decided' : 'none'],
          [
            'Pin',
            pin && pin.untilMs > nowMs ? `${pin.wan} until ${times.moment(pin.untilMs, nowMs)}` : 'none',
          ],
          ['Held by', leaseOf(events, mode)],
        ]}
      />
    </Panel>
  );
}

/** What was last decided, done and ordered on a router. */
export function Changes({
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
  const changes = events.filter(({ is }) => is !== 'event').slice(0, MOST_CHANGES);
  return (
    <Panel title="Last decisions, changes and orders">
      {changes.length === 0 ? (
        <p>None that is remembered.</p>
      ) : (
        <FactTable
          wrap
          names={['Time', 'What', 'Before and after', 'Why']}
          rows={changes.map((event) => {
            const { title, change, detail, facts } = eventText(event, routers, (ms) =>
              times.moment(ms, nowMs),
            );
            return {
              key: event.id,
              cells: [
                <time dateTime={new Date(event.t).toISOString()}>{times.moment(event.t, nowMs)}</time>,
                `${title}${event.is === 'actuation' ? ` (${event.outcome})` : ''}`,
                change ? (
                  <span class="entry-change">
                    {change.from === '' ? 'none' : change.from}
                    <ArrowRight />
                    {change.to === '' ? 'none' : change.to}
                  </span>
                ) : (
                  facts.filter((fact) => fact.startsWith('mark')).join()
                ),
                detail,
              ],
            };
          })}
        />
      )}
    </Panel>
  );
}
