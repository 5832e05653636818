import {
  type EventKind,
  type Router,
  RouterState,
  Severity,
  type SteeringRule,
  type WanEvent,
} from '@fairlead/model';

/** What a router is at one reading. */
export interface RouterView {
  /** Unix milliseconds. */
  readonly timeMs: number;
  /** Rules with the comment of the steering rule. */
  readonly rules: readonly SteeringRule[];
  /** WANs whose interface the router does not have. */
  readonly missing: readonly string[];
  /** Differs when something other than clocks and counters does. */
  readonly key: string;
  toState(): RouterState;
}

/** What was last said about a router. */
export interface RouterMemory {
  readonly contact: 'unknown' | 'reachable' | 'unreachable' | 'refused';
  /** The state that was last sent. */
  readonly sent: RouterState | undefined;
  /** Its key. */
  readonly sentKey: string;
  /** Mark of the steering rule when it was last found exactly once. */
  readonly mark: string | undefined;
  /** Whether the last reading found the rule exactly once; undefined before the first. */
  readonly ruleFound: boolean | undefined;
  /** WANs whose interface the router did not have when it was last read. */
  readonly missing: readonly string[];
}

export const blankMemory: RouterMemory = {
  contact: 'unknown',
  sent: undefined,
  sentKey: '',
  mark: undefined,
  ruleFound: undefined,
  missing: [],
};

/** What is new about a router, and the memory to keep once that is told. */
export interface RouterNews {
  readonly memory: RouterMemory;
  /** Present on change, and when the last one is older than the interval. */
  readonly state: RouterState | undefined;
  readonly events: readonly WanEvent[];
}

/** The router answered: what changed. */
export function afterReading(
  memory: RouterMemory,
  router: Router,
  view: RouterView,
  snapshotIntervalMs: number,
): RouterNews {
  const event = eventOf(router, view.timeMs);
  const events: WanEvent[] = [];
  if (memory.contact === 'unreachable' || memory.contact === 'refused') {
    events.push(event('router-reachable', Severity.INFO, 'the router answers again'));
  }
  for (const { name, interface: port } of router.wans) {
    if (!view.missing.includes(name) || memory.missing.includes(name)) continue;
    const message = `${name}: the router has no interface ${port}`;
    events.push(event('interface-missing', Severity.WARNING, message, name));
  }
  const { mark, ruleFound } = readRule(router, view.rules);
  if (ruleFound === false && memory.ruleFound !== false) {
    const message = `${view.rules.length} rules have the comment "${router.steering?.rule ?? ''}"; one must`;
    events.push(event('rule-missing', Severity.WARNING, message));
  }
  if (mark !== undefined && memory.mark !== undefined && mark !== memory.mark) {
    const wan = router.wans.find((entry) => entry.routingMark === mark);
    const message = `new connections get ${mark}, before ${memory.mark}`;
    events.push(event('mark-changed', Severity.INFO, message, wan?.name));
  }
  return withState(
    { ...memory, contact: 'reachable', ruleFound, mark: mark ?? memory.mark, missing: view.missing },
    view,
    events,
    snapshotIntervalMs,
  );
}

/** The router could not be read: what changed. The state keeps what was last known. */
export function afterFailure(
  memory: RouterMemory,
  router: Router,
  failure: { readonly timeMs: number; readonly error: string; readonly refused: boolean },
  snapshotIntervalMs: number,
): RouterNews {
  const { timeMs, error, refused } = failure;
  const contact = refused ? 'refused' : 'unreachable';
  const kind = refused ? 'router-login-refused' : 'router-unreachable';
  const events = memory.contact === contact ? [] : [eventOf(router, timeMs)(kind, Severity.ERROR, error)];
  const known = memory.sent ?? { ...RouterState.decode(new Uint8Array()), router: router.name };
  const view = {
    timeMs,
    key: `${contact}: ${error}`,
    toState: () => ({ ...known, timeMs, reachable: false, error }),
  };
  return withState({ ...memory, contact }, view, events, snapshotIntervalMs);
}

function withState(
  memory: RouterMemory,
  { timeMs, key, toState }: Pick<RouterView, 'timeMs' | 'key' | 'toState'>,
  events: readonly WanEvent[],
  snapshotIntervalMs: number,
): RouterNews {
  const { sent, sentKey } = memory;
  const due = !sent || timeMs - sent.timeMs >= snapshotIntervalMs || key !== sentKey;
  if (!due) return { memory, state: undefined, events };
  const state = toState();
  return { memory: { ...memory, sent: state, sentKey: key }, state, events };
}

function readRule(
  { steering }: Router,
  rules: readonly SteeringRule[],
): { readonly mark: string | undefined; readonly ruleFound: boolean | undefined } {
  if (!steering) return { mark: undefined, ruleFound: undefined };
  const [rule] = rules;
  return rule && rules.length === 1
    ? { mark: rule.newRoutingMark, ruleFound: true }
    : { mark: undefined, ruleFound: false };
}

const eventOf =
  (router: Router, timeMs: number) =>
  (kind: EventKind, severity: Severity, message: string, wan = ''): WanEvent => ({
    id: `${router.name}/${wan}/${kind}/${timeMs}`,
    timeMs,
    site: router.site,
    router: router.name,
    wan,
    kind,
    severity,
    message,
  });
