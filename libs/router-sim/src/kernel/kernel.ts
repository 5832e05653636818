import type { LoadScenario } from '../load.ts';
import type { Pings } from './ping.ts';

/** One interface as the kernel counts it. rx is what the router receives. */
export interface InterfaceReading {
  readonly name: string;
  /** IF-MIB ifIndex; the `.id` of the API is the same number in hexadecimal. */
  readonly index: number;
  readonly running: boolean;
  readonly linkDowns: number;
  /** Uptime at the last change of the link. */
  readonly lastUpMs: number | undefined;
  readonly lastDownMs: number | undefined;
  readonly rxBytes: bigint;
  readonly txBytes: bigint;
  readonly rxPackets: bigint;
  readonly txPackets: bigint;
}

export interface Endpoint {
  /** IPv4 in dotted form. */
  readonly address: string;
  readonly port: number;
}

/** An entry of connection tracking. tx is what the client sends, rx what it receives. */
export interface ConnectionReading {
  readonly id: number;
  readonly protocol: 'tcp' | 'udp';
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** What the server sees as the client: the address of the WAN. */
  readonly natted: Endpoint;
  readonly connectionMark: string;
  readonly lanIndex: number;
  readonly wanIndex: number;
  readonly wanGateway: string;
  readonly openedMs: number;
  readonly lastPacketMs: number;
  /** Nothing moves any more. Who holds the reading sees this change, as everything in it. */
  readonly closed: boolean;
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly rxPackets: number;
  readonly txPackets: number;
  readonly rxBps: number;
  readonly txBps: number;
}

export interface RuleCounters {
  readonly bytes: number;
  readonly packets: number;
}

/** What happens in the kernel that others report. */
export interface KernelObserver {
  opened(connection: ConnectionReading): void;
  linkChanged(reading: InterfaceReading): void;
}

/**
 * What forwards packets under the simulated router. The API, SNMP, NetFlow and syslog sides only read it, so that
 * another backend can take the place of the model.
 */
export interface Kernel {
  /** Milliseconds since the simulated boot; what was read belongs to this moment. */
  uptimeMs(): number;
  interfaces(): readonly InterfaceReading[];
  connections(): Iterable<ConnectionReading>;
  /** Takes an entry out of connection tracking. Absent where the traffic is real. @returns whether it was there */
  removeConnection?(id: number): boolean;
  /** Bytes and packets that a mangle rule matched, by its `.id`. */
  ruleCounters(ruleId: string): RuleCounters;
  /**
   * Whether an address is reached as a gateway: that of a provider while the link to it is up, a host beyond it while the
   * provider's network is up too.
   */
  reachesGateway(gateway: string): boolean;
  readonly pings: Pings;
  /** @throws RangeError on an unknown interface */
  setLink(interfaceName: string, up: boolean): void;
  observe(observer: KernelObserver): void;
  /** Counters, connections and uptime begin again. */
  reboot(): void;
  /** Lets time pass: the model computes what moved, real packets have moved already. What the configuration says holds then. */
  advance(elapsedMs: number): void;
  /**
   * The new scenario begins now; open connections go on.
   * @throws RangeError where the traffic is real
   */
  setLoad(load: LoadScenario): void;
  /**
   * The network behind a provider's gateway goes away or comes back; link and gateway stay up.
   * @throws RangeError on an unknown interface, or where the network is real
   */
  setUpstream(interfaceName: string, up: boolean): void;
  /** Counters of interfaces and rules begin again, and nothing else does. */
  resetCounters(): void;
}
