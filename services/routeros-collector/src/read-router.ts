import {
  type Clock,
  CounterSource,
  type InterfaceCounters,
  type Router,
  RouterInterface,
  RouterState,
  SteeringRule,
} from '@fairlead/model';
import { parseCounter, parseDuration, parseFlag, type RouterosSession } from '@fairlead/routeros';

type Properties = Readonly<Record<string, string>>;

/** All that a session of this service can send. */
export const readCommands = [
  '/interface/print',
  '/ip/firewall/mangle/print',
  '/system/identity/print',
  '/system/resource/print',
] as const;

const LISTED = '.id,name,type,running,disabled,comment,name.oid';
const COUNTED =
  '.id,name,running,disabled,comment,rx-byte,tx-byte,rx-packet,tx-packet,rx-error,tx-error,rx-drop,tx-drop,link-downs';
const RULE = '.id,chain,action,comment,new-routing-mark,disabled,invalid,dynamic,bytes,packets';

/** More rules than this with the comment of the steering rule say no more than two do. */
const MAX_RULES = 16;

/** What seldom changes: asked after connecting and then now and again. */
export interface RouterListing {
  readonly identity: string;
  readonly interfaces: readonly RouterInterface[];
}

/** What is asked each time, in one round trip. */
export interface RouterReading {
  /** When the counters arrived here, Unix milliseconds. */
  readonly arrivedMs: number;
  /**
   * RouterOS prints its uptime in whole seconds. That is too coarse to divide by at one reading a second, so the rate
   * is taken over the time of arrival (`@fairlead/counters` chooses); the uptime going back is what tells a restart.
   */
  readonly uptimeMs: bigint | undefined;
  readonly version: string;
  readonly boardName: string;
  /** Properties of the WAN interfaces. */
  readonly interfaces: readonly Properties[];
  readonly rules: readonly SteeringRule[];
}

export async function readListing(session: RouterosSession): Promise<RouterListing> {
  const [identity, interfaces] = await Promise.all([
    session.execute(['/system/identity/print']),
    session.execute({ command: '/interface/print', attributes: { '.proplist': LISTED } }),
  ]);
  return {
    identity: identity.records[0]?.['name'] ?? '',
    interfaces: interfaces.records.map(toInterface),
  };
}

/** Counters of the WANs, state of the steering rule, uptime. The commands run side by side. */
export async function readRouter(
  session: RouterosSession,
  router: Pick<Router, 'wans' | 'steering'>,
  clock: Clock,
): Promise<RouterReading> {
  const { wans, steering } = router;
  const [interfaces, resource, rules] = await Promise.all([
    session
      .execute({
        command: '/interface/print',
        attributes: { stats: '', '.proplist': COUNTED },
        queries: anyOf(wans.map((wan) => `?name=${wan.interface}`)),
      })
      .then(({ records }) => ({ records, arrivedMs: clock.nowMs() })),
    session.execute({
      command: '/system/resource/print',
      attributes: { '.proplist': 'uptime,version,board-name' },
    }),
    steering &&
      session.execute({
        command: '/ip/firewall/mangle/print',
        attributes: { stats: '', '.proplist': RULE },
        queries: [`?comment=${steering.rule}`],
      }),
  ]);
  const system = resource.records[0] ?? {};
  const uptimeMs = parseDuration(system['uptime'] ?? '');
  return {
    arrivedMs: interfaces.arrivedMs,
    uptimeMs: uptimeMs === undefined ? undefined : BigInt(uptimeMs),
    version: system['version'] ?? '',
    boardName: system['board-name'] ?? '',
    interfaces: interfaces.records,
    rules: (rules?.records ?? []).slice(0, MAX_RULES).map(toRule),
  };
}

/** The counters of the WANs. What the router left out is absent, and what is not one of the WANs is not taken. */
export function toCounters(
  router: Router,
  reading: RouterReading,
  listing: RouterListing,
): InterfaceCounters[] {
  const wanted = new Set(router.wans.map((wan) => wan.interface));
  return reading.interfaces.flatMap((properties) => {
    const { name = '' } = properties;
    if (!wanted.delete(name)) return [];
    return {
      timeMs: reading.arrivedMs,
      router: router.name,
      source: CounterSource.ROUTEROS_API,
      interface: name,
      ifIndex: listing.interfaces.find((entry) => entry.name === name)?.ifIndex,
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
    };
  });
}

/** The state of a router that answers. Interfaces are as listed, those of the WANs as just read. */
export function toState(router: Router, reading: RouterReading, listing: RouterListing): RouterState {
  const read = new Map(reading.interfaces.map((properties) => [properties['name'], properties]));
  return {
    ...RouterState.decode(new Uint8Array()),
    timeMs: reading.arrivedMs,
    router: router.name,
    reachable: true,
    error: '',
    identity: listing.identity,
    version: reading.version,
    boardName: reading.boardName,
    uptimeMs: reading.uptimeMs,
    interfaces: listing.interfaces.map((listed) => {
      const now = read.get(listed.name);
      if (!now) return listed;
      return {
        ...listed,
        running: parseFlag(now['running']),
        disabled: parseFlag(now['disabled']),
        comment: now['comment'],
      };
    }),
    steeringRules: [...reading.rules],
  };
}

/** Queries that hold when one of them does. */
function anyOf(queries: readonly string[]): readonly string[] {
  return queries.length > 1 ? [...queries, `?#${'|'.repeat(queries.length - 1)}`] : queries;
}

function toInterface(properties: Properties): RouterInterface {
  return {
    ...RouterInterface.decode(new Uint8Array()),
    name: properties['name'] ?? '',
    // The OID of the name is ifDescr (IF-MIB); its last arc is the ifIndex.
    ifIndex: parseUint32(properties['name.oid']?.split('.').at(-1)),
    type: properties['type'] ?? '',
    running: parseFlag(properties['running']),
    disabled: parseFlag(properties['disabled']),
    comment: properties['comment'],
  };
}

function toRule(properties: Properties): SteeringRule {
  return {
    ...SteeringRule.decode(new Uint8Array()),
    id: properties['.id'] ?? '',
    chain: properties['chain'] ?? '',
    action: properties['action'] ?? '',
    comment: properties['comment'] ?? '',
    newRoutingMark: properties['new-routing-mark'] ?? '',
    disabled: parseFlag(properties['disabled']) ?? false,
    invalid: parseFlag(properties['invalid']) ?? false,
    dynamic: parseFlag(properties['dynamic']) ?? false,
    bytes: parseCounter(properties['bytes']),
    packets: parseCounter(properties['packets']),
  };
}

function parseUint32(text: string | undefined): number | undefined {
  const value = parseCounter(text);
  return value !== undefined && value <= 0xffff_ffffn ? Number(value) : undefined;
}
