/** Every kind of event, with what it means to an operator. The reference page is printed from this table. */
export const eventKinds = {
  'threshold-above': 'A WAN went above its leave limit.',
  'threshold-below': 'A WAN came back below its return limit.',
  'wan-down': 'The WAN interface is not running.',
  'wan-up': 'The WAN interface is running again.',
  'upstream-down':
    'What lies beyond the gateway of a WAN is out of reach: its probe hosts do not answer, or the router took its default route out of use.',
  'upstream-up': 'What lies beyond the gateway of a WAN is in reach again.',
  'counter-reset': 'The counters of a WAN started again; the interval was skipped.',
  'samples-missing': 'No counters of a WAN arrived for longer than the stale limit.',
  'samples-back': 'Counters of a WAN arrive again.',
  'clock-set-back':
    'The clock by which a router is read went back, as ten readings in a row said; steering goes on by the new time, and counts the time between as none.',
  'router-unreachable': 'The session or poll of a router failed; it is tried again with growing pauses.',
  'router-reachable': 'The router answers again.',
  'router-login-refused': 'The router refused the user or the password.',
  'mark-changed': 'The routing mark of the steering rule changed.',
  'interface-missing': 'The router has no interface of the name that the configuration gives a WAN.',
  'rule-missing': 'The steering rule was not found exactly once.',
  'steering-refused': 'A decision was not carried out; the reason names the rail that refused it.',
  'steering-contested':
    'Another Fairlead is armed for the same router and had it first. This one writes nothing to it.',
  'steering-held': 'The router is steered by this Fairlead again, and by no other.',
  'steering-failed': 'A change of the steering rule failed, or its end is not known.',
  'traffic-moved': 'After a change of the steering rule new connections went where it says.',
  'traffic-not-moved':
    'After a confirmed change of the steering rule most new connections still went elsewhere: a rule before it takes them, or the rules that bind connections to a WAN do not fit it.',
  'connections-removed':
    'Connections bound to a WAN that is down were removed, so that they begin anew by another one; the message says how many are left.',
  'connections-kept':
    'Connections bound to a WAN that is down were not removed, or not all; the message says why.',
  'flows-missing':
    'The flows of a WAN account for far less than its counters: not exported (FastTrack, hardware offload), lost, or of an interface that is not known. 5 to 15 % less is normal, because an interface counts layer 2.',
  'flows-above-counters':
    'The flows of a WAN account for far more than its counters: something is counted twice, such as by an exporter that watches both sides, or the sampling rate is wrong.',
  'flows-reconciled': 'The flows of a WAN agree with its counters again.',
  'setup-applied':
    'A router was made what its configuration says by `fairlead apply`; the message names the undo file.',
  'setup-rolled-back': 'What an apply had changed was taken back by `fairlead rollback`.',
  'setup-failed':
    'An apply or rollback did not come to its end; the message says whether the router was restored.',
  'store-away':
    'The telemetry store takes no inserts, or does not answer what it holds; both are tried again with growing pauses and nothing is lost.',
  'store-back': 'The telemetry store answers and takes inserts again.',
} as const;

export type EventKind = keyof typeof eventKinds;
