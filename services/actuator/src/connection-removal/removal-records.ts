import type { NewRecord } from '@fairlead/event-log';
import {
  type Actuation,
  encodeFrames,
  type EventKind,
  Mode,
  Outcome,
  type Router,
  Severity,
  type WanEvent,
} from '@fairlead/model';
import { topics } from '@fairlead/topics';

/** How a removal ended. Counts are undefined where they could not be read. */
export interface RemovalEnd {
  readonly outcome: Outcome;
  readonly reason: string;
  readonly removed: number | undefined;
  readonly leftOver: number | undefined;
}

/** The actuation, and the event where an operator wants to know. `down` is the event that told of the WAN. */
export function removalRecords(
  { name: router, site, mode }: Router,
  down: WanEvent,
  connectionMark: string,
  end: RemovalEnd,
  timeMs: number,
): NewRecord[] {
  const actuation: Actuation = {
    ...{ id: `${down.id}/${timeMs}`, decisionId: down.id, timeMs, site, router },
    mode: mode === 'armed' ? Mode.ARMED : Mode.OBSERVE,
    outcome: end.outcome,
    ...{ rule: '', beforeMark: '', afterMark: '', wantedMark: '' },
    ...{ reason: end.reason, latencyMs: timeMs - down.timeMs, connectionMark },
    ...{ removed: end.removed, leftOver: end.leftOver },
  };
  const { actuations, wanEvents } = topics;
  const record = { topic: actuations.name, key: router, value: encodeFrames(actuations.codec, [actuation]) };
  if (end.outcome === Outcome.DRY_RUN || end.outcome === Outcome.UNCHANGED) return [record];
  const isDone = end.outcome === Outcome.CONFIRMED && (end.removed ?? 0) > 0;
  const kind: EventKind = isDone ? 'connections-removed' : 'connections-kept';
  const event: WanEvent = {
    ...{ id: `${router}/${down.wan}/${kind}/${timeMs}`, timeMs, site, router, wan: down.wan, kind },
    severity: isDone && end.leftOver === 0 ? Severity.INFO : Severity.WARNING,
    message: `${down.wan}: ${end.reason}`,
  };
  return [record, { topic: wanEvents.name, key: router, value: encodeFrames(wanEvents.codec, [event]) }];
}
