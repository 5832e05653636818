import type { Clock } from '@fairlead/model';
import type { LoadScenario } from './load.ts';

export interface SimulatedWan {
  /** Name of the WAN; the comment of its interface. */
  readonly name: string;
  /** `ether1`, `pppoe-out1`, `lte1`: the name tells the type, as on a router. */
  readonly interface: string;
  /** What the line carries, in bits per second. The port itself is always 1 Gbit/s. */
  readonly capacity: { readonly rxBps: number; readonly txBps: number };
  /** Routing mark and, on RouterOS 7, the routing table of the same name. */
  readonly routingMark: string;
  /** IPv4 address of the provider's router; the WAN's own address is the next one. */
  readonly gateway: string;
}

export type Policy = 'read' | 'write' | 'api' | 'sensitive' | 'policy' | 'reboot' | 'test';

export interface SimulatedUser {
  readonly name: string;
  readonly password: string;
  readonly policies: readonly Policy[];
}

export interface NetflowTarget {
  readonly host: string;
  readonly port: number;
  readonly version: 9;
  /** A connection that goes on is reported this often. RouterOS: 30 min; here 1 min. */
  readonly activeTimeoutMs?: number;
  /** A connection without packets is reported after this. 15 s, as in RouterOS. */
  readonly inactiveTimeoutMs?: number;
  /** The template goes out again after this many datagrams. 20, as in RouterOS. */
  readonly templateRefreshPackets?: number;
}

export interface SyslogTarget {
  readonly host: string;
  readonly port: number;
  /** `default`: topics and text, no priority. `bsd`: RFC 3164, no topics. */
  readonly format: 'default' | 'bsd';
}

export interface RouterSimOptions {
  readonly identity?: string;
  /** 7.20.1 unless given; from 7.18 on an empty answer says `!empty`. */
  readonly version?: string;
  readonly boardName?: string;
  /** Two to eight uplinks, in order of preference. */
  readonly wans: readonly SimulatedWan[];
  /** `network` is an IPv4 /24; the router has its .1. */
  readonly lan?: { readonly interface: string; readonly network: string };
  readonly users: readonly SimulatedUser[];
  /** Comment of the rule that steers new connections. */
  readonly steeringRule?: string;
  readonly snmpCommunity?: string;
  /** Address that the router listens on and sends from. */
  readonly host?: string;
  /** 0, and what is left out, takes a free port. */
  readonly ports?: { readonly api?: number; readonly apiTls?: number; readonly snmp?: number };
  readonly netflow?: NetflowTarget;
  readonly syslog?: SyslogTarget;
  readonly load: LoadScenario;
  /** RouterOS text that stands in the place of the rules and routes of the presentation. */
  readonly configuration?: string;
  /**
   * `model`: traffic is computed. `linux`: the packets of the network namespace that the process runs in, which must have
   * the interfaces; `load` and `seed` mean nothing then.
   */
  readonly backend?: 'model' | 'linux';
  /** The same seed gives the same traffic. */
  readonly seed?: number;
  /** Step of the model in milliseconds. */
  readonly tickMs?: number;
  /** `real`: time runs by itself after start(). `virtual`: it stands still but for advance(). */
  readonly time?: 'real' | 'virtual';
  readonly clock?: Clock;
  /** Where the byte counters of the interfaces begin, to test counters beyond 2^32 and 2^53. */
  readonly firstCounterValue?: bigint;
}
