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
  'router-unreachable': 'cannot be reached',
  'router-reachable': 'answers again',
  'router-login-refused': 'refuses the login',
  'mark-changed': 'routing mark changed',
  'interface-missing': 'no such interface',
  'rule-missing': 'steering rule not found',
};

const good = new Set(['threshold-below', 'wan-up', 'upstream-up', 'samples-back', 'router-reachable']);

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

export function eventText(event: LiveEvent, routers: readonly RouterView[]): EventText {
  switch (event.is) {
    case 'event': {
      const subject = event.wan === '' ? event.router : event.wan;
      return {
        tone: event.severity === 'info' && good.has(event.kind) ? 'good' : event.severity,
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
        title: `Move new connections to ${event.toWan}`,
        change: { from: event.fromWan, to: event.toWan },
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
        facts: event.untilMs === undefined ? [] : [`until ${new Date(event.untilMs).toISOString()}`],
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
