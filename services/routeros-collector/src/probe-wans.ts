import type { Clock, Wan } from '@fairlead/model';
import { parseDuration, type Reply, type RouterosSession, TrapError } from '@fairlead/routeros';
import type { Ledger } from '@fairlead/runtime';
import type { ApiRouter } from './poll-router.ts';

/** What became of pings to one host. */
export interface ProbeResult {
  readonly sent: number;
  readonly answered: number;
  /** Mean of the answered ones. */
  readonly rttMs: number | undefined;
}

/** Asks hosts beyond the gateway of each WAN whether they answer, in the same session as the counters and never in their way. */
export interface WanProber {
  /**
   * Begins what is due, and waits for nothing. A WAN whose last round is not over yet is left out.
   * @param version of RouterOS; while it is not known nothing is begun
   */
  begin(version: string | undefined): void;
  /** What was learnt of a WAN's interface and not taken yet. */
  take(interfaceName: string): ProbeResult | undefined;
}

export interface ProbeDeps {
  readonly clock: Clock;
  readonly probes: Ledger;
  readonly warn: (message: string) => void;
  /** How long an answer may take beyond the time that the pings themselves take. */
  readonly timeoutMs: number;
}

/** Pings of a round to one host: two of them lost are a failure by the limits as they are set unless changed. */
const COUNT = 3;
/** Also how long RouterOS waits for each answer. */
const SPACING_MS = 500;
/** A host route that was not there is looked for again after this. */
const LOOK_AGAIN_MS = 60_000;

type Outcome = ProbeResult | 'not-permitted' | 'no-route' | 'refused' | 'failed';

/**
 * Pings of RouterOS 6 go by the routing mark of the WAN. RouterOS 7 takes no routing table (`unknown parameter`), only an
 * interface, and without a route out of it the host would be looked for on the link itself: so there it asks only hosts that have
 * a route of their own, as `fairlead apply` makes it, and knows nothing of others.
 */
export function createWanProber(session: RouterosSession, router: ApiRouter, deps: ProbeDeps): WanProber {
  const { clock, probes } = deps;
  const { probeIntervalMs, intervalMs } = router.api;
  const results = new Map<string, ProbeResult>();
  const underWay = new Set<string>();
  const dueMs = new Map<string, number>();
  /** When it was last looked for the route of a host, and whether there was one. */
  const routes = new Map<string, { readonly askedMs: number; readonly isThere: boolean }>();
  let isPermitted = true;

  async function hasRoute(host: string): Promise<boolean> {
    const known = routes.get(host);
    if (known && (known.isThere || clock.monotonicMs() - known.askedMs < LOOK_AGAIN_MS)) return known.isThere;
    const { records } = await session.execute({
      command: '/ip/route/print',
      attributes: { '.proplist': 'disabled' },
      queries: [`?dst-address=${host}/32`],
    });
    const isThere = records.some(({ disabled }) => disabled !== 'true' && disabled !== 'yes');
    routes.set(host, { askedMs: clock.monotonicMs(), isThere });
    return isThere;
  }

  async function ping(wan: Wan, host: string, isVersion6: boolean): Promise<Outcome> {
    try {
      if (!isVersion6 && !(await hasRoute(host))) return 'no-route';
      const through = isVersion6 ? { 'routing-table': wan.routingMark } : { interface: wan.interface };
      const reply = await session.execute(
        {
          command: '/ping',
          attributes: { address: host, count: String(COUNT), interval: `${SPACING_MS}ms`, ...through },
        },
        { timeoutMs: COUNT * SPACING_MS + deps.timeoutMs },
      );
      return readPings(reply);
    } catch (error) {
      if (!(error instanceof TrapError)) return 'failed';
      return error.message.includes('not enough permissions') ? 'not-permitted' : 'refused';
    }
  }

  async function probe(wan: Wan, hosts: readonly string[], isVersion6: boolean): Promise<void> {
    probes.received();
    const outcomes = await Promise.all(hosts.map((host) => ping(wan, host, isVersion6)));
    const [best] = outcomes.filter((outcome) => typeof outcome === 'object').sort(byLoss);
    if (best) {
      results.set(wan.interface, best);
      probes.stored();
      return;
    }
    const [why = 'failed'] = outcomes.filter((outcome) => typeof outcome === 'string');
    probes.dropped(why);
    if (why !== 'not-permitted' || !isPermitted) return;
    isPermitted = false;
    deps.warn('WANs are not probed: the user of the API lacks the policy test');
  }

  function begin(version: string | undefined): void {
    if (version === undefined || version === '') return;
    const nowMs = clock.monotonicMs();
    for (const wan of router.wans) {
      if (!isPermitted || !wan.probeHosts || underWay.has(wan.name)) continue;
      // Readings come by their own beat; the nearest one counts.
      if (nowMs < (dueMs.get(wan.name) ?? 0) - intervalMs / 2) continue;
      dueMs.set(wan.name, nowMs + probeIntervalMs);
      underWay.add(wan.name);
      void probe(wan, wan.probeHosts, version.startsWith('6.')).finally(() => underWay.delete(wan.name));
    }
  }

  return {
    begin,
    take(interfaceName) {
      const result = results.get(interfaceName);
      if (result) results.delete(interfaceName);
      return result;
    },
  };
}

/** A row for each ping; one that was not answered has a status (`timeout`, `host unreachable`) or no time. */
function readPings({ records }: Reply): ProbeResult | 'failed' {
  let answered = 0;
  let sumMs = 0;
  for (const { time, status = '' } of records) {
    const ms = status === '' ? parseDuration(time ?? '') : undefined;
    if (ms === undefined) continue;
    answered += 1;
    sumMs += ms;
  }
  if (records.length === 0) return 'failed';
  return { sent: records.length, answered, rttMs: answered === 0 ? undefined : sumMs / answered };
}

/** A host that does not answer may itself be down, so the one that answers more speaks for the WAN. */
const byLoss = (one: ProbeResult, other: ProbeResult): number =>
  other.answered / other.sent - one.answered / one.sent;
