import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import type { RouterConfig } from '../config/router-config.ts';
import type {
  ConnectionReading,
  InterfaceReading,
  Kernel,
  KernelObserver,
  RuleCounters,
} from '../kernel/kernel.ts';
import { activeRoute, immediateGateway } from '../kernel/route-table.ts';
import { parseConntrack, type TrackedConnection } from './conntrack.ts';
import { createLinuxRouting } from './linux-routing.ts';
import { counterName, mangleToNft } from './mangle-to-nft.ts';
import { type DeviceCounters, parseNetDev } from './net-dev.ts';
import { startPing } from './real-ping.ts';

export interface LinuxKernelConfig {
  readonly wans: readonly { readonly interface: string; readonly gateway: string }[];
  readonly lanInterface: string;
  /** First three numbers of the LAN, such as `192.168.88`. */
  readonly lanPrefix: string;
  readonly config: RouterConfig;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

interface Link {
  readonly name: string;
  readonly index: number;
  running: boolean;
  linkDowns: number;
  lastUpMs: number | undefined;
  lastDownMs: number | undefined;
  /** Counters at the last boot. */
  atBoot: DeviceCounters;
}

/** What was seen of a connection before. */
interface Tracked {
  readonly id: number;
  readonly openedMs: number;
  readonly readMs: number;
  readonly connection: TrackedConnection;
  readonly rxBps: number;
  readonly txBps: number;
}

/** Counters of rules are read from the kernel again after this. */
const RULE_COUNTERS_MS = 20;
const NOTHING: DeviceCounters = { rxBytes: 0n, txBytes: 0n, rxPackets: 0n, txPackets: 0n };

/**
 * The network namespace that this process runs in, as the kernel under a simulated router: mangle rules become nftables
 * rules, routing tables those of the system, and what is counted are real packets. The interfaces must be there; nobody
 * else may write rules or routes in the namespace. A gateway is reached, and so is a host that is one by its own route, when the
 * link of the interface is up: `check-gateway` asks nobody.
 */
export function createLinuxKernel(options: LinuxKernelConfig): Kernel {
  const { wans, lanInterface, lanPrefix, config, nowMs } = options;
  const observers: KernelObserver[] = [];
  const routing = createLinuxRouting();
  let bootedMs = nowMs();
  let applied = '';
  let connectionMarks = new Map<number, string>();
  let routingMarks: ReadonlyMap<string, number> = new Map();
  let ruleCounters: ReadonlyMap<string, RuleCounters> = new Map();
  let ruleCountersReadMs = -Infinity;
  let tracked: ReadonlyMap<string, Tracked> = new Map();
  let lastConnectionId = 0;
  const links: readonly Link[] = [...wans.map((wan) => wan.interface), lanInterface].map((name) => ({
    name,
    index: Number(sysfs(name, 'ifindex')),
    running: isUp(name),
    linkDowns: 0,
    lastUpMs: undefined,
    lastDownMs: undefined,
    atBoot: readDevices().get(name) ?? NOTHING,
  }));

  const uptimeMs = (): number => nowMs() - bootedMs;

  const wanOf = (address: string): (typeof wans)[number] | undefined => {
    const name = config.address
      .items()
      .find(({ properties }) => properties['address']?.startsWith(`${address}/`))?.properties['interface'];
    return wans.find((wan) => wan.interface === name);
  };
  const indexOf = (name: string | undefined): number => links.find((link) => link.name === name)?.index ?? 0;

  const reachesGateway = (gateway: string): boolean => {
    const via = immediateGateway(config.route.items(), gateway);
    const wan = wans.find((candidate) => candidate.gateway === via);
    return links.some(({ name, running }) => name === wan?.interface && running);
  };

  /** The lists of the presentation that stand for networks, and what the configuration adds. */
  function addressList(name: string): readonly string[] {
    const networks = config.address.items().map(({ properties }) => networkOf(properties['address'] ?? ''));
    const known = { LAN: [`${lanPrefix}.0/24`], Connected: networks }[name] ?? [];
    const listed = config.addressList
      .items()
      .filter(({ properties }) => properties['list'] === name && properties['disabled'] !== 'true')
      .map(({ properties }) => properties['address'] ?? '');
    return [...new Set([...known, ...listed])];
  }

  function readLinks(): void {
    for (const link of links) {
      const running = isUp(link.name);
      if (running === link.running) continue;
      link.running = running;
      if (running) link.lastUpMs = uptimeMs();
      else {
        link.linkDowns += 1;
        link.lastDownMs = uptimeMs();
      }
      const reading = interfaces().find(({ name }) => name === link.name);
      if (reading) for (const observer of observers) observer.linkChanged(reading);
    }
  }

  /** Brings rules and routes to what configuration and links say. */
  function apply(): void {
    const wanInterfaces = wans.map((wan) => wan.interface);
    const ruleset = mangleToNft(config.mangle.items(), { addressList, wanInterfaces });
    if (ruleset.text !== applied) {
      execFileSync('nft', ['-f', '-'], { input: ruleset.text, stdio: ['pipe', 'ignore', 'pipe'] });
      applied = ruleset.text;
      routingMarks = ruleset.routingMarks;
      connectionMarks = new Map([...ruleset.connectionMarks].map(([name, mark]) => [mark, name]));
    }
    const routes = config.route.items();
    const destinations = [...new Set(routes.map(({ properties }) => properties['dst-address'] ?? ''))];
    const tables = [['main', 0] as const, ...routingMarks];
    routing.set(
      [...routingMarks.values()],
      tables.flatMap(([table, mark]) =>
        destinations.filter(isNetwork).flatMap((destination) => {
          const gateway = activeRoute(routes, table, destination, reachesGateway)?.properties['gateway'];
          return gateway === undefined
            ? []
            : [{ mark, destination, gateway: immediateGateway(routes, gateway) }];
        }),
      ),
    );
  }

  function interfaces(): readonly InterfaceReading[] {
    const devices = readDevices();
    return links.map(({ atBoot, ...link }) => {
      const now = devices.get(link.name) ?? NOTHING;
      return {
        ...link,
        rxBytes: now.rxBytes - atBoot.rxBytes,
        txBytes: now.txBytes - atBoot.txBytes,
        rxPackets: now.rxPackets - atBoot.rxPackets,
        txPackets: now.txPackets - atBoot.txPackets,
      };
    });
  }

  function readConnections(): void {
    const next = new Map<string, Tracked>();
    const readMs = uptimeMs();
    for (const connection of parseConntrack(readFileSync('/proc/self/net/nf_conntrack', 'utf8'))) {
      const { protocol, client, server } = connection;
      const key = [protocol, client.address, client.port, server.address, server.port].join(' ');
      const before = tracked.get(key);
      const seconds = before ? (readMs - before.readMs) / 1_000 : 0;
      const rate = (bytes: number, bytesBefore: number): number =>
        seconds > 0 ? ((bytes - bytesBefore) * 8) / seconds : 0;
      next.set(key, {
        id: before?.id ?? (lastConnectionId += 1),
        openedMs: before?.openedMs ?? readMs,
        readMs,
        connection,
        rxBps: rate(connection.rxBytes, before?.connection.rxBytes ?? 0),
        txBps: rate(connection.txBytes, before?.connection.txBytes ?? 0),
      });
    }
    tracked = next;
  }

  const toReading = ({ id, openedMs, readMs, connection, rxBps, txBps }: Tracked): ConnectionReading => {
    const { mark, ...rest } = connection;
    const wan = wanOf(connection.natted.address);
    return {
      ...rest,
      id,
      connectionMark: connectionMarks.get(mark) ?? 'no-mark',
      lanIndex: indexOf(lanInterface),
      wanIndex: indexOf(wan?.interface),
      wanGateway: wan?.gateway ?? '',
      openedMs,
      lastPacketMs: readMs,
      closed: false,
      rxBps,
      txBps,
    };
  };

  function resetCounters(): void {
    const devices = readDevices();
    for (const link of links) link.atBoot = devices.get(link.name) ?? NOTHING;
  }

  apply();
  return {
    uptimeMs,
    interfaces,
    *connections() {
      readConnections();
      for (const entry of tracked.values()) yield toReading(entry);
    },
    ruleCounters(ruleId) {
      if (nowMs() - ruleCountersReadMs > RULE_COUNTERS_MS) {
        ruleCounters = readRuleCounters();
        ruleCountersReadMs = nowMs();
      }
      return ruleCounters.get(counterName(ruleId)) ?? { bytes: 0, packets: 0 };
    },
    reachesGateway,
    pings: {
      kind: 'real',
      start: ({ table, ...ping }, observer) =>
        startPing({ ...ping, mark: routingMarks.get(table) ?? 0 }, observer),
    },
    setLink(interfaceName, up) {
      if (!links.some(({ name }) => name === interfaceName)) {
        throw new RangeError(`no interface ${interfaceName}`);
      }
      execFileSync('ip', ['link', 'set', interfaceName, up ? 'up' : 'down']);
    },
    observe: (observer) => void observers.push(observer),
    advance() {
      readLinks();
      apply();
    },
    setLoad() {
      throw new RangeError('the traffic of this kernel is real');
    },
    setUpstream() {
      throw new RangeError('the network of this kernel is real');
    },
    resetCounters,
    reboot() {
      resetCounters();
      tracked = new Map();
      bootedMs = nowMs();
    },
  };
}

const readDevices = (): ReadonlyMap<string, DeviceCounters> =>
  parseNetDev(readFileSync('/proc/self/net/dev', 'utf8'));

const sysfs = (name: string, attribute: string): string =>
  readFileSync(`/sys/class/net/${name}/${attribute}`, 'utf8').trim();

const isUp = (name: string): boolean => sysfs(name, 'operstate') === 'up';

function isNetwork(text: string): boolean {
  const [, address = '', bits] = /^(.+)\/(\d\d?)$/.exec(text) ?? [];
  return isIPv4(address) && Number(bits) <= 32;
}

/** `10.1.0.2/24` as `10.1.0.0/24`; RouterOS addresses of the simulator are all of that length. */
const networkOf = (address: string): string => address.replace(/\.\d+\/24$/, '.0/24');

function readRuleCounters(): ReadonlyMap<string, RuleCounters> {
  const { nftables } = JSON.parse(
    execFileSync('nft', ['-j', 'list', 'counters', 'table', 'inet', 'router'], { encoding: 'utf8' }),
  ) as { readonly nftables: readonly { readonly counter?: RuleCounters & { readonly name: string } }[] };
  return new Map(
    nftables.flatMap(({ counter }) =>
      counter ? [[counter.name, { bytes: counter.bytes, packets: counter.packets }] as const] : [],
    ),
  );
}
