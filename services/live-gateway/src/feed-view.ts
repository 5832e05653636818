import type { EventLog, Subscription } from '@fairlead/event-log';
import type { LiveEvent } from '@fairlead/live-protocol';
import type { Ledger } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { liveActuation, liveDecision, liveOrder, liveWanEvent } from './live-event.ts';
import type { LiveView, Unfit } from './live-view.ts';
import { feedSource, followLog } from './log-feed.ts';

/** How much of the past is read at the start. */
const PAST_SAMPLES_MS = 5 * 60_000;
const PAST_SAMPLE_VALUES = 20_000;
const PAST_STATE_VALUES = 500;
const PAST_EVENT_VALUES = 200;

/** Folds the end of the log into the view, then what is appended from now on. */
export function feedView(
  view: LiveView,
  log: EventLog,
  options: { readonly ledger: Ledger; readonly nowMs: () => number },
  on: { batch(): void; error(error: unknown): void },
): Promise<Subscription> {
  const { ledger, nowMs } = options;
  const settle = (unfit: Unfit | undefined): void => {
    if (unfit === undefined) ledger.decoded();
    else ledger.dropped(unfit);
  };

  // Events of the past come topic after topic and are put in order of time; those of now come one by one.
  let past: LiveEvent[] | undefined = [];
  const takeEvent = (event: LiveEvent): void => {
    if (past) past.push(event);
    else settle(view.event(event));
  };
  const endPast = (): void => {
    const events = past ?? [];
    past = undefined;
    for (const event of events.sort((a, b) => a.t - b.t)) settle(view.event(event));
    on.batch();
  };

  const counts = {
    received: (count: number) => ledger.received(count),
    broken: (count: number) => ledger.dropped('broken-batch', count),
  };
  const recent = () => nowMs() - PAST_SAMPLES_MS;
  const events = { sinceMs: () => 0, values: PAST_EVENT_VALUES };
  const states = { sinceMs: recent, values: PAST_STATE_VALUES };
  const samples = { sinceMs: recent, values: PAST_SAMPLE_VALUES };
  const sources = [
    // Events before samples: they say since when a WAN is as it is.
    feedSource(log, topics.wanEvents, events, counts, (records) => {
      for (const record of records) {
        view.wanEvent(record);
        takeEvent(liveWanEvent(record));
      }
    }),
    feedSource(log, topics.decisions, events, counts, (records) => {
      for (const record of records) {
        view.decision(record);
        takeEvent(liveDecision(record));
      }
    }),
    feedSource(log, topics.actuations, events, counts, (records) => {
      // A removal of connections is told by its event.
      for (const record of records) if (record.connectionMark === '') takeEvent(liveActuation(record));
    }),
    feedSource(log, topics.orders, events, counts, (records) => {
      for (const record of records) takeEvent(liveOrder(record));
    }),
    feedSource(log, topics.routerState, states, counts, (records) => {
      for (const record of records) settle(view.routerState(record));
    }),
    feedSource(log, topics.wanUtilisation, samples, counts, (records) => {
      for (const record of records) settle(view.utilisation(record));
    }),
  ];
  return followLog(log, sources, { past: endPast, batch: on.batch, error: on.error });
}
