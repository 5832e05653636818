import type { Actuation } from '@fairlead/model';
import { createRouterSim, type LoadScenario, type ReceivedSentence, steadyLoad } from '@fairlead/router-sim';

/** A simulated router that is polled, steered and written to. */
export interface EdgeRouter {
  /** Its entries in fairlead.yaml: one is polled over the API and armed, one polled by SNMP. */
  readonly inventory: readonly object[];
  /** Their names. */
  readonly routers: readonly string[];
  /** What is not as the records say. */
  check(actuations: readonly Actuation[]): EdgeFindings;
  stop(): Promise<void>;
}

export interface EdgeFindings {
  /** Sentences that set the mark of the steering rule. */
  readonly marksWritten: number;
  /** Sentences that wrote anything but that mark and the lease, and configuration that is not as it was. */
  readonly strayWrites: readonly string[];
  /** Mark of the steering rule, and what the last actuation that knew it says. */
  readonly mark: { readonly router: string; readonly recorded: string };
}

const HOST = '127.0.0.1';
const STEERED = 'edge';
const POLLED = 'edge-snmp';
const RULE = 'Load-Balancing here';
const USER = { name: 'fairlead', password: 'simulated' };
const COMMUNITY = 'simulated';
const INTERVAL_MS = 1_000;
const CAPACITY = { rxBps: 20e6, txBps: 10e6 };
const WANS = [
  { name: 'ISP1', interface: 'ether1', routingMark: 'ISP1_Route', gateway: '198.51.100.1' },
  { name: 'ISP2', interface: 'ether2', routingMark: 'ISP2_Route', gateway: '203.0.113.1' },
] as const;
const MARKS: readonly string[] = WANS.map(({ routingMark }) => routingMark);
/** Time of a load that the first WAN bears, then of one that it does not. */
const PHASE_MS = 12_000;
const LOADS = [0.3, 0.97];
/** The router remembers its last thousand sentences. */
const LOOK_EVERY_MS = 200;
const WRITES = /\/(?:add|set|remove|move|enable|disable|unset|comment|edit|run|reset|import)$/;

export async function startEdgeRouter(): Promise<EdgeRouter> {
  const sim = createRouterSim({
    identity: STEERED,
    host: HOST,
    wans: WANS.map((wan) => ({ ...wan, capacity: CAPACITY })),
    users: [{ ...USER, policies: ['read', 'write', 'api', 'test'] }],
    snmpCommunity: COMMUNITY,
    steeringRule: RULE,
    load: changingLoad(),
  });
  await sim.start();
  // Belongs to somebody else.
  sim.config.addressList.add({ list: 'office', address: '192.0.2.77' });
  const steeringRule = () =>
    sim.config.mangle.items().find(({ properties }) => properties['comment'] === RULE);
  const ruleId = steeringRule()?.id ?? '';
  const configuration = (): string => withoutMark(sim.exportText());
  const before = configuration();
  const seen = new WeakSet<ReceivedSentence>();
  const strayWrites: string[] = [];
  let marksWritten = 0;

  const look = (): void => {
    for (const sentence of sim.received) {
      if (seen.has(sentence)) continue;
      seen.add(sentence);
      const [command = '', ...attributes] = sentence.words;
      if (!WRITES.test(command)) continue;
      if (isMarkWrite(command, attributes, ruleId)) marksWritten += 1;
      else if (!isLeaseWrite(command, attributes)) strayWrites.push(sentence.words.join(' '));
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);

  const wans = WANS.map(({ gateway: _, ...wan }) => ({
    ...wan,
    capacity: { rx: CAPACITY.rxBps, tx: CAPACITY.txBps },
  }));
  return {
    routers: [STEERED, POLLED],
    inventory: [
      {
        ...{ name: STEERED, site: 'chaos', address: HOST, mode: 'armed', wans },
        api: {
          ...{ port: sim.ports.api, tls: false, intervalMs: INTERVAL_MS },
          user: USER.name,
          password: USER.password,
        },
        steering: {
          rule: RULE,
          policy: { dwellMs: 2_000, coolDownMs: 0, meanMs: 2_000, flipsPerHour: 120 },
        },
      },
      {
        ...{ name: POLLED, site: 'chaos', address: HOST, wans },
        snmp: { port: sim.ports.snmp, community: COMMUNITY, intervalMs: INTERVAL_MS },
      },
    ],
    check(actuations) {
      look();
      const isChanged = configuration() !== before;
      const known = actuations.filter(({ router, afterMark }) => router === STEERED && afterMark !== '');
      return {
        marksWritten,
        strayWrites: [...strayWrites, ...(isChanged ? [`the configuration is now ${configuration()}`] : [])],
        mark: {
          router: steeringRule()?.properties['new-routing-mark'] ?? '',
          recorded: known.at(-1)?.afterMark ?? MARKS[0] ?? '',
        },
      };
    },
    stop() {
      clearInterval(timer);
      return sim.stop();
    },
  };
}

function isMarkWrite(command: string, attributes: readonly string[], ruleId: string): boolean {
  if (command !== '/ip/firewall/mangle/set') return false;
  const allowed = new Set([`=.id=${ruleId}`, ...MARKS.map((mark) => `=new-routing-mark=${mark}`)]);
  return attributes.every((word) => allowed.has(word) || word.startsWith('.tag='));
}

/** The entries of the lease are in the list of that name. Removing names no list: of others it shows in the configuration. */
function isLeaseWrite(command: string, attributes: readonly string[]): boolean {
  if (command === '/ip/firewall/address-list/remove') return true;
  return command === '/ip/firewall/address-list/add' && attributes.includes('=list=fairlead-heartbeat');
}

/** The configuration, whatever the steering rule says. */
const withoutMark = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line.includes(RULE) ? line.replace(/ new-routing-mark=\S+/, '') : line))
    .join('\n');

function changingLoad(): LoadScenario {
  return {
    phases: LOADS.flatMap((load) => steadyLoad(load * CAPACITY.rxBps).phases).map(({ arrivals }) => ({
      durationMs: PHASE_MS,
      arrivals,
    })),
  };
}
