import type { LiveEvent, RouterView } from '@fairlead/live-protocol';
import { formatShare } from './format.ts';

export type EventTone = 'info' | 'good' | 'warning' | 'error';

/** An event in words for the ticker. All of it is shown as text, never as markup. */
export interface EventText {
  readonly tone: EventTone;
  readonly label: string;
  readonly title: string;
  /** Before and after of a change. */
  readonly change: { readonly from: string; readonly to: string } | undefined;
  readonly facts: readonly string[];
  readonly detail: string;
}

const titles: Readonly<Record<string, string>> = {
  'threshold-above': 'above its leave limit',
  'threshold-below': 'below its return limit',
  'wan-down': 'is down',
  'wan-up': 'is up again',
  'upstream-down': 'leads nowhere beyond its gateway',
  'upstream-up': 'leads beyond its gateway again',
  'counter-reset': 'counters started again',
  'samples-missing': 'sends no samples',
  'samples-back': 'sends samples again',
  'clock-set-back': 'is read by a clock that went back',
  'router-unreachable': 'cannot be reached',
  'router-reachable': 'answers again',
  'router-login-refused': 'refuses the login',
  'mark-changed': 'routing mark changed',
  'interface-missing': 'no such interface',
  'rule-missing': 'steering rule not found',
  'steering-refused': 'change of the steering rule was refused',
  'steering-failed': 'change of the steering rule failed',
  'steering-contested': 'is steered by another Fairlead',
  'steering-held': 'is steered by this Fairlead again',
  'traffic-moved': 'new connections have moved',
  'traffic-not-moved': 'new connections have not moved',
  'connections-removed': 'connections bound to it were removed',
  'connections-kept': 'connections bound to it were kept',
  'flows-missing': 'flows account for too little',
  'flows-above-counters': 'flows account for too much',
  'flows-reconciled': 'flows agree with its counters again',
  'setup-applied': 'set-up was applied',
  'setup-rolled-back': 'set-up was taken back',
  'setup-failed': 'set-up did not come to its end',
};

const recoveries: ReadonlySet<string> = new Set([
  'threshold-below',
  'wan-up',
  'upstream-up',
  'samples-back',
  'router-reachable',
  'steering-held',
  'traffic-moved',
  'flows-reconciled',
]);

/** Whether an event says that something is well again. */
export const isRecovery = (event: LiveEvent): boolean => event.is === 'event' && recoveries.has(event.kind);

type Actuation = Extract<LiveEvent, { is: 'actuation' }>;

const outcomes: Readonly<Record<Actuation['outcome'], { readonly tone: EventTone; readonly does: string }>> =
  {
    confirmed: { tone: 'good', does: 'New connections moved to' },
    unchanged: { tone: 'info', does: 'New connections were already at' },
    'dry-run': { tone: 'info', does: 'Would move new connections to' },
    refused: { tone: 'warning', does: 'Refused to move to' },
    failed: { tone: 'error', does: 'Failed to move to' },
    ambiguous: { tone: 'error', does: 'Not certain whether moved to' },
    reverted: { tone: 'warning', does: 'Taken back: move to' },
    unknown: { tone: 'warning', does: 'Unknown outcome: move to' },
  };

/** @param moment a time as the rest of the page says it */
export function eventText(
  event: LiveEvent,
  routers: readonly RouterView[],
  moment: (ms: number) => string,
): EventText {
  switch (event.is) {
    case 'event': {
      const subject = event.wan === '' ? event.router : event.wan;
      return {
        tone: event.severity === 'info' && isRecovery(event) ? 'good' : event.severity,
        label: 'Event',
        title: `${subject} ${titles[event.kind] ?? event.kind}`,
        change: undefined,
        facts: thresholdFacts(event),
        detail: event.message,
      };
    }
    case 'decision':
      return {
        tone: 'info',
        label: 'Decision',
        title: event.toWan === '' ? 'Divide new connections anew' : `Move new connections to ${event.toWan}`,
        change: event.toWan === '' ? undefined : { from: event.fromWan, to: event.toWan },
        facts: [],
        detail: event.reason,
      };
    case 'actuation': {
      const { tone, does } = outcomes[event.outcome];
      const changed = event.afterMark !== '' && event.afterMark !== event.beforeMark;
      return {
        tone,
        label: 'Actuation',
        title: `${does} ${wanOfMark(event.wantedMark, event.router, routers)}`,
        change: changed ? { from: event.beforeMark, to: event.afterMark } : undefined,
        facts: [
          event.outcome,
          ...(changed || event.beforeMark === '' ? [] : [`mark stays ${event.beforeMark}`]),
          ...(event.latencyMs > 0 ? [`${event.latencyMs.toFixed(0)} ms`] : []),
        ],
        detail: event.reason,
      };
    }
    case 'order':
      return {
        tone: 'info',
        label: 'Order',
        title: `${event.by}: ${event.order} ${event.wan === '' ? event.router : event.wan}`,
        change: undefined,
        facts: event.untilMs === undefined ? [] : [`until ${moment(event.untilMs)}`],
        detail: event.note,
      };
  }
}

function thresholdFacts(event: Extract<LiveEvent, { is: 'event' }>): readonly string[] {
  if (event.value === undefined || event.limit === undefined) return [];
  const sign = event.value > event.limit ? '>' : '<';
  return [`${formatShare(event.value)} % ${sign} ${formatShare(event.limit)} %`];
}

function wanOfMark(mark: string, router: string, routers: readonly RouterView[]): string {
  const wans = routers.find((view) => view.router === router)?.wans ?? [];
  return wans.find((wan) => wan.routingMark === mark)?.name ?? mark;
}
