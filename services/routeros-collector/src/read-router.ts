import {
  type Clock,
  CounterSource,
  type InterfaceCounters,
  type Router,
  type SteeringRule,
} from '@fairlead/model';
import {
  parseCounter,
  parseDuration,
  parseFlag,
  PreparedCommand,
  type RouterosSession,
} from '@fairlead/routeros';
import type { ProbeResult } from './probe-wans.ts';
import { parseUint32, type Properties, RULE, toRule } from './state-records.ts';

const COUNTED =
  '.id,name,running,disabled,comment,rx-byte,tx-byte,rx-packet,tx-packet,rx-error,tx-error,rx-drop,tx-drop,link-downs';
export const MANGLE = '/ip/firewall/mangle';

/** More rules than this with the comment of the steering rule say no more than two do. */
const MAX_RULES = 16;

const toMangleRule = toRule(MANGLE);

/** What is asked each time, in one round trip. */
export interface RouterReading {
  /** When the counters arrived here, Unix milliseconds. */
  readonly arrivedMs: number;
  /**
   * RouterOS prints its uptime in whole seconds. That is too coarse to divide by at one reading a second, so the rate
   * is taken over the time of arrival (`@fairlead/counters` chooses); the uptime going back is what tells a restart.
   */
  readonly uptimeMs: bigint | undefined;
  /** Properties of the WAN interfaces. */
  readonly interfaces: readonly Properties[];
  /** Rules with the comment of the steering rule. */
  readonly rules: readonly SteeringRule[];
}

/** The commands of a reading, which are the same each time. */
export interface ReadingCommands {
  readonly interfaces: PreparedCommand;
  readonly resource: PreparedCommand;
  readonly rules: PreparedCommand | undefined;
}

export function prepareReading({ wans, steering }: Pick<Router, 'wans' | 'steering'>): ReadingCommands {
  return {
    interfaces: new PreparedCommand({
      command: '/interface/print',
      attributes: { stats: '', '.proplist': COUNTED },
      queries: anyOf(wans.map((wan) => `?name=${wan.interface}`)),
    }),
    resource: new PreparedCommand({
      command: '/system/resource/print',
      attributes: { '.proplist': 'uptime' },
    }),
    rules:
      steering &&
      new PreparedCommand({
        command: `${MANGLE}/print`,
        attributes: { stats: '', '.proplist': RULE },
        queries: [`?comment=${steering.rule}`],
      }),
  };
}

/** Counters of the WANs in one print, the uptime, and the steering rule. The commands run side by side. */
export async function readRouter(
  session: RouterosSession,
  commands: ReadingCommands,
  clock: Clock,
): Promise<RouterReading> {
  const replies = Promise.all([
    session.execute(commands.resource),
    commands.rules && session.execute(commands.rules),
  ]);
  // Until it is awaited, its failure is that of the session, which is told below.
  replies.catch(() => undefined);
  const { records } = await session.execute(commands.interfaces);
  const arrivedMs = clock.nowMs();
  const [resource, rules] = await replies;
  const uptimeMs = parseDuration(resource.records[0]?.['uptime'] ?? '');
  return {
    arrivedMs,
    uptimeMs: uptimeMs === undefined ? undefined : BigInt(uptimeMs),
    interfaces: records,
    rules: (rules?.records ?? []).slice(0, MAX_RULES).map(toMangleRule),
  };
}

/**
 * The counters of the WANs. What the router left out is absent, and what is not one of the WANs is not taken.
 * @param ifIndexOf index of an interface, where it is known
 * @param takeProbe what probes through an interface have found since the last reading
 */
export function toCounters(
  router: Router,
  reading: RouterReading,
  ifIndexOf: (name: string) => number | undefined,
  takeProbe: (interfaceName: string) => ProbeResult | undefined,
): InterfaceCounters[] {
  const wanted = new Set(router.wans.map((wan) => wan.interface));
  return reading.interfaces.flatMap((properties) => {
    const { name = '' } = properties;
    if (!wanted.delete(name)) return [];
    const probe = takeProbe(name);
    return {
      timeMs: reading.arrivedMs,
      router: router.name,
      source: CounterSource.ROUTEROS_API,
      interface: name,
      ifIndex: ifIndexOf(name),
      deviceUptimeMs: reading.uptimeMs,
      rxBytes: parseCounter(properties['rx-byte']),
      txBytes: parseCounter(properties['tx-byte']),
      rxPackets: parseCounter(properties['rx-packet']),
      txPackets: parseCounter(properties['tx-packet']),
      rxErrors: parseCounter(properties['rx-error']),
      txErrors: parseCounter(properties['tx-error']),
      rxDrops: parseCounter(properties['rx-drop']),
      txDrops: parseCounter(properties['tx-drop']),
      linkDowns: parseUint32(properties['link-downs']),
      running: parseFlag(properties['running']),
      alias: properties['comment'],
      probesSent: probe?.sent,
      probesAnswered: probe?.answered,
      probeRttMs: probe?.rttMs,
    };
  });
}

/** Queries that hold when one of them does (manual, "API", "Queries"). */
export function anyOf(queries: readonly string[]): readonly string[] {
  return queries.length > 1 ? [...queries, `?#${'|'.repeat(queries.length - 1)}`] : queries;
}
