import type { RouterConfig } from '../config/router-config.ts';
import type { ConnectionKind, LoadScenario } from '../load.ts';
import type { SimulatedWan } from '../options.ts';
import { fairShareLevel } from './fair-share.ts';
import type { ConnectionReading, InterfaceReading, Kernel, KernelObserver, RuleCounters } from './kernel.ts';
import { type Passage, traverseMangle } from './mangle.ts';
import { createRandom, drawPoisson } from './random.ts';
import { createClassifier } from './classifier.ts';
import { createListMembers } from './list-members.ts';
import { createRouteTable, immediateGateway } from './route-table.ts';

export interface ModelKernelConfig {
  readonly wans: readonly SimulatedWan[];
  readonly wanAddresses: readonly string[];
  readonly lanInterface: string;
  readonly lanPrefix: string;
  readonly config: RouterConfig;
  readonly load: LoadScenario;
  readonly seed: number;
  readonly tickMs: number;
  readonly firstCounterValue: bigint;
}

/** Connection tracking holds this many; further connections do not come about, and are counted. */
const MAX_CONNECTIONS = 20_000;
/** One of the servers that clients ask for; they all stand in 198.18.0.0/15. */
const SERVER_ADDRESS = '198.18.0.1';
const FIRST_PACKET_BYTES = 60;
const DATA_PACKET_BYTES = 1_400;
/** What answers data: an acknowledgement, now and then a request. */
const ANSWER_PACKET_BYTES = 80;
/** A user gives up when a transfer takes this many times as long as it should. */
const PATIENCE = 4;
/** The other end is now faster and now slower: a rate holds about this long, and strays this far. */
const PACE_LASTS_MS = 1_000;
const PACE_SPREAD = 0.3;
/** A connection whose packets have nowhere to go is dropped after this. */
const STALL_TIMEOUT_MS = 30_000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Connection extends Mutable<ConnectionReading> {
  /** What it came for, in whole bytes. */
  readonly rxVolume: number;
  readonly txVolume: number;
  readonly rxPacketBytes: number;
  readonly txPacketBytes: number;
  /** What the rate allowed and no packet has carried yet, in bytes. */
  rxDue: number;
  txDue: number;
  readonly rxWantedBps: number;
  readonly txWantedBps: number;
  readonly deadlineMs: number;
  /** Share of its rate that it asks for just now. */
  pace: number;
}

type Interface = Mutable<InterfaceReading>;

interface Link {
  readonly wan: SimulatedWan;
  readonly address: string;
  readonly counters: Interface;
  connections: Connection[];
  /** What moved in this tick. */
  /** Whether anything behind the gateway answers. */
  upstream: boolean;
  tally: Record<'rxBytes' | 'txBytes' | 'rxPackets' | 'txPackets', number>;
}

/**
 * A router that computes what would be forwarded: clients open connections, the mangle rules choose a WAN for the first
 * packet and keep the rest of the connection on it, and the connections of a WAN share its capacity max-min fairly in
 * each direction. Bytes are whole: what an interface counted is the sum of what its connections transferred.
 */
export function createModelKernel(options: ModelKernelConfig): Kernel {
  const { config, lanPrefix } = options;
  const routes = createRouteTable(config.route, (gateway) => reachesGateway(gateway));
  const observers: KernelObserver[] = [];
  const links: Link[] = options.wans.map((wan, index) => ({
    wan,
    address: options.wanAddresses[index] ?? '',
    counters: newInterface(wan.interface, index + 1, options.firstCounterValue),
    connections: [],
    upstream: true,
    tally: { rxBytes: 0, txBytes: 0, rxPackets: 0, txPackets: 0 },
  }));
  const lan = newInterface(options.lanInterface, links.length + 1, options.firstCounterValue);
  const ruleCounters = new Map<string, Mutable<RuleCounters>>();
  let random = createRandom(options.seed);
  let load = options.load;
  let loadBeganMs = 0;
  let paced = new Map<object, number>();
  let nowMs = 0;
  let lastConnectionId = 0;
  const classifier = createClassifier();
  const lists = createListMembers(config.addressList);
  let marksRevision = -1;
  /** Where a packet of an established connection with this mark goes, until the rules change. */
  let passages = new Map<string, Passage>();

  function reachesGateway(gateway: string): boolean {
    const direct = links.find((link) => link.wan.gateway === gateway);
    if (direct) return direct.counters.running;
    const via = immediateGateway(config.route.items(), gateway);
    return links.some((link) => link.wan.gateway === via && link.counters.running && link.upstream);
  }

  function passage(connectionMark: string, connectionState: 'new' | 'established'): Passage {
    return traverseMangle(config.mangle.items(), {
      chain: 'prerouting',
      inInterface: options.lanInterface,
      sourceLists: ['LAN', 'Connected', ...lists(`${lanPrefix}.10`)],
      destinationLists: lists(SERVER_ADDRESS),
      destinationIsLocal: false,
      connectionMark,
      connectionState,
      ...(connectionState === 'new' && { classify: classifier.next() }),
    });
  }

  function establishedPassage(connectionMark: string): Passage {
    const known = passages.get(connectionMark);
    if (known) return known;
    const found = passage(connectionMark, 'established');
    passages.set(connectionMark, found);
    return found;
  }

  function countRules(ids: readonly string[], bytes: number, packets: number): void {
    for (const id of ids) {
      const counters = ruleCounters.get(id) ?? { bytes: 0, packets: 0 };
      counters.bytes += bytes;
      counters.packets += packets;
      ruleCounters.set(id, counters);
    }
  }

  function transfer(link: Link, connection: Connection, rx: number, tx: number): void {
    const rxPackets = Math.ceil(rx / connection.rxPacketBytes);
    const txPackets = Math.ceil(tx / connection.txPacketBytes);
    connection.rxBytes += rx;
    connection.txBytes += tx;
    connection.rxPackets += rxPackets;
    connection.txPackets += txPackets;
    connection.lastPacketMs = nowMs;
    link.tally.rxBytes += rx;
    link.tally.txBytes += tx;
    link.tally.rxPackets += rxPackets;
    link.tally.txPackets += txPackets;
  }

  /** Into the 64-bit counters once a tick: whole numbers are cheap, big ones are not. */
  function settle(link: Link): void {
    const { rxBytes, txBytes, rxPackets, txPackets } = link.tally;
    link.tally = { rxBytes: 0, txBytes: 0, rxPackets: 0, txPackets: 0 };
    addTo(link.counters, rxBytes, txBytes, rxPackets, txPackets);
    // What comes in from the WAN goes out to the LAN.
    addTo(lan, txBytes, rxBytes, txPackets, rxPackets);
  }

  function open(kind: ConnectionKind): void {
    if (links.reduce((sum, link) => sum + link.connections.length, 0) >= MAX_CONNECTIONS) return;
    const first = passage('no-mark', 'new');
    const gateway = routes.gatewayFor(first.routingMark);
    const link = links.find((candidate) => candidate.wan.gateway === gateway);
    countRules(first.matched, FIRST_PACKET_BYTES, 1);
    if (!link) return;
    const stray = (): number => 1 + kind.spread * (2 * random() - 1);
    const rate = stray();
    const seconds = (kind.durationMs / 1_000) * stray();
    const clientPort = 32_768 + Math.floor(random() * 28_000);
    lastConnectionId += 1;
    const connection: Connection = {
      id: lastConnectionId,
      protocol: kind.protocol,
      client: { address: `${lanPrefix}.${10 + Math.floor(random() * 200)}`, port: clientPort },
      server: {
        address: `198.${18 + Math.floor(random() * 2)}.${Math.floor(random() * 256)}.${1 + Math.floor(random() * 254)}`,
        port: kind.serverPort,
      },
      natted: { address: link.address, port: clientPort },
      connectionMark: first.connectionMark,
      lanIndex: lan.index,
      wanIndex: link.counters.index,
      wanGateway: link.wan.gateway,
      openedMs: nowMs,
      lastPacketMs: nowMs,
      closed: false,
      rxBytes: 0,
      txBytes: 0,
      rxPackets: 0,
      txPackets: 0,
      rxBps: 0,
      txBps: 0,
      rxVolume: Math.round((kind.rxBps * rate * seconds) / 8),
      txVolume: FIRST_PACKET_BYTES + Math.round((kind.txBps * rate * seconds) / 8),
      rxPacketBytes: packetBytes(kind.rxBps, kind.txBps),
      txPacketBytes: packetBytes(kind.txBps, kind.rxBps),
      rxDue: 0,
      txDue: 0,
      rxWantedBps: kind.rxBps * rate,
      txWantedBps: kind.txBps * rate,
      deadlineMs: nowMs + PATIENCE * kind.durationMs + STALL_TIMEOUT_MS,
      pace: 1,
    };
    transfer(link, connection, 0, FIRST_PACKET_BYTES);
    link.connections.push(connection);
    for (const observer of observers) observer.opened(connection);
  }

  function arrive(elapsedMs: number): void {
    for (const arrivals of currentPhase(load, nowMs - loadBeganMs).arrivals) {
      const mean = (arrivals.perSecond * elapsedMs) / 1_000;
      let count: number;
      if (arrivals.pattern === 'random') {
        count = drawPoisson(random, mean);
      } else {
        const due = (paced.get(arrivals) ?? 0) + mean;
        count = Math.floor(due);
        paced.set(arrivals, due - count);
      }
      for (let i = 0; i < count; i += 1) open(arrivals.kind);
    }
  }

  /** Whether packets of the connection still leave by the WAN it began on; the address of another one would be wrong. */
  function staysOn(link: Link, connection: Connection): boolean {
    const { routingMark } = establishedPassage(connection.connectionMark);
    return routes.gatewayFor(routingMark) === link.wan.gateway;
  }

  function serve(link: Link, elapsedMs: number): void {
    const moving = link.connections.filter((connection) => {
      if (link.upstream && staysOn(link, connection)) return true;
      connection.rxBps = connection.txBps = 0;
      return false;
    });
    for (const connection of moving) {
      if (random() < elapsedMs / PACE_LASTS_MS) connection.pace = 1 + PACE_SPREAD * (2 * random() - 1);
    }
    const rxWanted = moving.map((c) => (c.rxBytes < c.rxVolume ? c.rxWantedBps * c.pace : 0));
    const txWanted = moving.map((c) => (c.txBytes < c.txVolume ? c.txWantedBps * c.pace : 0));
    const rxLevel = fairShareLevel(rxWanted, link.wan.capacity.rxBps);
    const txLevel = fairShareLevel(txWanted, link.wan.capacity.txBps);
    moving.forEach((connection, index) => {
      connection.rxBps = Math.min(rxWanted[index] ?? 0, rxLevel);
      connection.txBps = Math.min(txWanted[index] ?? 0, txLevel);
      connection.rxDue += (connection.rxBps * elapsedMs) / 8_000;
      connection.txDue += (connection.txBps * elapsedMs) / 8_000;
      const rx = carried(
        connection.rxDue,
        connection.rxVolume - connection.rxBytes,
        connection.rxPacketBytes,
      );
      const tx = carried(
        connection.txDue,
        connection.txVolume - connection.txBytes,
        connection.txPacketBytes,
      );
      connection.rxDue -= rx;
      connection.txDue -= tx;
      if (rx === 0 && tx === 0) return;
      const packetsBefore = connection.txPackets;
      transfer(link, connection, rx, tx);
      const { matched } = establishedPassage(connection.connectionMark);
      countRules(matched, tx, connection.txPackets - packetsBefore);
    });
    link.connections = link.connections.filter((connection) => {
      const done = connection.rxBytes >= connection.rxVolume && connection.txBytes >= connection.txVolume;
      const stalled = nowMs - connection.lastPacketMs > STALL_TIMEOUT_MS;
      if (!done && !stalled && nowMs < connection.deadlineMs) return true;
      connection.closed = true;
      return false;
    });
  }

  function tick(elapsedMs: number): void {
    nowMs += elapsedMs;
    const revision = config.mangle.revision() + config.addressList.revision();
    if (revision !== marksRevision) {
      marksRevision = revision;
      passages = new Map();
    }
    arrive(elapsedMs);
    for (const link of links) {
      serve(link, elapsedMs);
      settle(link);
    }
  }

  function zeroCounters(): void {
    ruleCounters.clear();
    for (const counters of [...links.map((link) => link.counters), lan]) resetCounters(counters);
  }

  function dropConnections(link: Link): void {
    for (const connection of link.connections) connection.closed = true;
    link.connections = [];
  }

  return {
    uptimeMs: () => nowMs,
    interfaces: () => [...links.map((link) => link.counters), lan],
    *connections() {
      for (const link of links) yield* link.connections;
    },
    removeConnection(id) {
      for (const link of links) {
        const position = link.connections.findIndex((connection) => connection.id === id);
        const [removed] = position < 0 ? [] : link.connections.splice(position, 1);
        if (!removed) continue;
        removed.closed = true;
        return true;
      }
      return false;
    },
    ruleCounters: (ruleId) => ruleCounters.get(ruleId) ?? { bytes: 0, packets: 0 },
    reachesGateway,
    setLink(interfaceName, up) {
      const link = links.find(({ counters }) => counters.name === interfaceName);
      if (!link) throw new RangeError(`no WAN on interface ${interfaceName}`);
      if (link.counters.running === up) return;
      link.counters.running = up;
      routes.forget();
      if (up) {
        link.counters.lastUpMs = nowMs;
      } else {
        link.counters.lastDownMs = nowMs;
        link.counters.linkDowns += 1;
        // Masquerade drops the connections of an interface that goes down (documented).
        dropConnections(link);
      }
      for (const observer of observers) observer.linkChanged(link.counters);
    },
    observe: (observer) => void observers.push(observer),
    setLoad(scenario) {
      load = scenario;
      loadBeganMs = nowMs;
      paced = new Map();
    },
    pings: {
      kind: 'computed',
      answersBeyond(gateway) {
        const via = immediateGateway(config.route.items(), gateway);
        return links.some((link) => link.wan.gateway === via && link.counters.running && link.upstream);
      },
    },
    setUpstream(interfaceName, up) {
      const link = links.find(({ counters }) => counters.name === interfaceName);
      if (!link) throw new RangeError(`no WAN on interface ${interfaceName}`);
      link.upstream = up;
      routes.forget();
    },
    resetCounters: zeroCounters,
    reboot() {
      for (const link of links) dropConnections(link);
      nowMs = 0;
      loadBeganMs = 0;
      paced = new Map();
      random = createRandom(options.seed);
      zeroCounters();
    },
    advance(elapsedMs) {
      for (let left = elapsedMs; left > 0; left -= options.tickMs) tick(Math.min(left, options.tickMs));
    },
  };
}

function newInterface(name: string, index: number, firstValue: bigint): Interface {
  return {
    name,
    index,
    running: true,
    linkDowns: 0,
    lastUpMs: 0,
    lastDownMs: undefined,
    rxBytes: firstValue,
    txBytes: firstValue,
    rxPackets: 0n,
    txPackets: 0n,
  };
}

function addTo(
  counters: Interface,
  rxBytes: number,
  txBytes: number,
  rxPackets: number,
  txPackets: number,
): void {
  counters.rxBytes += BigInt(rxBytes);
  counters.txBytes += BigInt(txBytes);
  counters.rxPackets += BigInt(rxPackets);
  counters.txPackets += BigInt(txPackets);
}

function resetCounters(counters: Interface): void {
  counters.rxBytes = 0n;
  counters.txBytes = 0n;
  counters.rxPackets = 0n;
  counters.txPackets = 0n;
  counters.linkDowns = 0;
  counters.lastUpMs = counters.running ? 0 : undefined;
  counters.lastDownMs = undefined;
}

/** Big packets carry what a direction is for; what it only answers is small. */
const packetBytes = (ownBps: number, otherBps: number): number =>
  ownBps * 4 < otherBps ? ANSWER_PACKET_BYTES : DATA_PACKET_BYTES;

/** Bytes that leave of what is due: full packets, and what is left when it is the last. */
const carried = (due: number, left: number, bytesPerPacket: number): number =>
  due >= left ? left : Math.floor(due / bytesPerPacket) * bytesPerPacket;

function currentPhase(load: LoadScenario, sinceMs: number): LoadScenario['phases'][number] {
  const none = { durationMs: 0, arrivals: [] };
  const period = load.phases.reduce((sum, phase) => sum + phase.durationMs, 0);
  let left = period > 0 ? sinceMs % period : 0;
  for (const phase of load.phases) {
    if (left < phase.durationMs) return phase;
    left -= phase.durationMs;
  }
  return load.phases[0] ?? none;
}
