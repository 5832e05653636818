import { type EventKind, type Router, RouterState, Severity, type WanEvent } from '@fairlead/model';

/** What was last said about a router. */
export interface RouterMemory {
  readonly contact: 'unknown' | 'reachable' | 'unreachable' | 'refused';
  /** The state that was last sent. */
  readonly sent: RouterState | undefined;
  /** Mark of the steering rule when it was last found exactly once. */
  readonly mark: string | undefined;
  /** Whether the last reading found the rule exactly once; undefined before the first. */
  readonly ruleFound: boolean | undefined;
}

export const blankMemory: RouterMemory = {
  contact: 'unknown',
  sent: undefined,
  mark: undefined,
  ruleFound: undefined,
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
  state: RouterState,
  stateIntervalMs: number,
): RouterNews {
  const event = eventOf(router, state.timeMs);
  const events: WanEvent[] = [];
  if (memory.contact === 'unreachable' || memory.contact === 'refused') {
    events.push(event('router-reachable', Severity.INFO, 'the router answers again'));
  }
  const { mark, ruleFound } = readRule(router, state);
  if (ruleFound === false && memory.ruleFound !== false) {
    const message = `${state.steeringRules.length} rules have the comment "${router.steering?.rule ?? ''}"; one must`;
    events.push(event('rule-missing', Severity.WARNING, message));
  }
  if (mark !== undefined && memory.mark !== undefined && mark !== memory.mark) {
    const wan = router.wans.find((entry) => entry.routingMark === mark);
    const message = `new connections get ${mark}, before ${memory.mark}`;
    events.push(event('mark-changed', Severity.INFO, message, wan?.name));
  }
  return withState(
    { ...memory, contact: 'reachable', ruleFound, mark: mark ?? memory.mark },
    state,
    events,
    stateIntervalMs,
  );
}

/** The router could not be read: what changed. The state keeps what was last known. */
export function afterFailure(
  memory: RouterMemory,
  router: Router,
  failure: { readonly timeMs: number; readonly error: string; readonly refused: boolean },
  stateIntervalMs: number,
): RouterNews {
  const { timeMs, error, refused } = failure;
  const contact = refused ? 'refused' : 'unreachable';
  const kind = refused ? 'router-login-refused' : 'router-unreachable';
  const events = memory.contact === contact ? [] : [eventOf(router, timeMs)(kind, Severity.ERROR, error)];
  const state = { ...(memory.sent ?? unknownState(router)), timeMs, reachable: false, error };
  return withState({ ...memory, contact }, state, events, stateIntervalMs);
}

function withState(
  memory: RouterMemory,
  state: RouterState,
  events: readonly WanEvent[],
  stateIntervalMs: number,
): RouterNews {
  const { sent } = memory;
  const due = !sent || state.timeMs - sent.timeMs >= stateIntervalMs || isChanged(sent, state);
  return due ? { memory: { ...memory, sent: state }, state, events } : { memory, state: undefined, events };
}

/** Whether more than clocks and counters differ. */
function isChanged(before: RouterState, after: RouterState): boolean {
  return JSON.stringify(lasting(before)) !== JSON.stringify(lasting(after));
}

function lasting(state: RouterState): unknown {
  return {
    ...state,
    timeMs: 0,
    uptimeMs: 0,
    steeringRules: state.steeringRules.map((rule) => ({ ...rule, bytes: 0, packets: 0 })),
  };
}

function readRule(
  { steering }: Router,
  { steeringRules }: RouterState,
): { readonly mark: string | undefined; readonly ruleFound: boolean | undefined } {
  if (!steering) return { mark: undefined, ruleFound: undefined };
  const [rule] = steeringRules;
  return rule && steeringRules.length === 1
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

const unknownState = (router: Router): RouterState => ({
  ...RouterState.decode(new Uint8Array()),
  router: router.name,
});
