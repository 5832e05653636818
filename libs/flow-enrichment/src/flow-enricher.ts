import {
  type Flow,
  FlowDirection,
  type InterfaceCounters,
  type Inventory,
  type RouterState,
} from '@fairlead/model';
import { leaveOutUntranslated } from './untranslated.ts';

/** What is known of an address; '' and 0 where nothing is. */
export interface Place {
  /** ISO 3166 alpha-2. */
  readonly country: string;
  readonly asNumber: number;
}

/** Where addresses belong. */
export interface FlowPlaces {
  /** @param address 16 bytes */
  find(address: Uint8Array): Place;
}

/** Writes into flows what they mean at their site. */
export interface FlowEnricher {
  /** Takes the interfaces of a router. A state that is older than the one known is left aside. */
  learn(state: RouterState): void;
  /** Takes another inventory. The interfaces that are known of a router stay known; its WANs are those of now. */
  replaceInventory(inventory: Inventory): void;
  /**
   * Takes the name, and the speed, that belong to an interface index: all there is of a router that is only polled.
   * @returns whether the reading names an index of a router of the inventory
   */
  learnCounters(reading: InterfaceCounters): boolean;
  /**
   * Fills in, in place: interface names, WAN, direction, inside host, and where there are `places` the countries and
   * the AS numbers that the exporter left at 0. Leaves out what a translation kept.
   * @returns how many interface indexes no name is known for; 0, the router itself, is none of them
   */
  enrich(flows: readonly Flow[]): number;
  /**
   * Speed of the faster of the two interfaces of a flow, as far as they are known: the larger of what the interface
   * says and what the inventory says of the WAN. A flow is counted before the queue of its way out, so the slower one
   * does not bound it.
   * @returns bits per second, or undefined when neither is known
   */
  speedOf(flow: Flow): number | undefined;
}

interface Port {
  readonly name: string;
  /** Empty for an interface that is no WAN. */
  readonly wan: string;
  /** 0 where it is not known. */
  readonly speedBps: number;
  /** Time of what names the port, Unix milliseconds. */
  namedMs: number;
}

interface Wan {
  readonly name: string;
  readonly capacityBps: number;
}

interface Site {
  readonly wanOf: ReadonlyMap<string, Wan>;
  readonly ports: Map<number, Port>;
  /** Time of the state that the ports are from. */
  timeMs: number;
}

/** RouterOS gives every dynamic interface a new index, so a busy access router goes through many. */
const MAX_PORTS = 8_192;
const NO_PORT: Port = { name: '', wan: '', speedBps: 0, namedMs: -Infinity };
const V4_MAPPED = 0xffff;

/**
 * The WAN of a flow is the one it came in by, else the one it went out by; what goes from one WAN to another is the
 * first one's download. An index keeps its name until another interface has it: flows of a PPPoE session are reported
 * after the session, and its index, are gone.
 *
 * The inside host is the source of what leaves by a WAN. RouterOS exports the way back with the public address as
 * destination, and the host only as destination after NAT (field 226, or 282 for IPv6).
 */
export function createFlowEnricher(inventory: Inventory, places?: FlowPlaces): FlowEnricher {
  let sites: ReadonlyMap<string, Site> = new Map();

  function replaceInventory(next: Inventory): void {
    sites = new Map(
      next.map((router) => {
        const before = sites.get(router.name);
        const wanOf = new Map(
          router.wans.map(({ name, interface: port, capacity }) => [
            port,
            { name, capacityBps: Math.max(capacity.rx, capacity.tx) },
          ]),
        );
        const site: Site = { wanOf, ports: new Map(), timeMs: before?.timeMs ?? -Infinity };
        for (const [ifIndex, { name, namedMs, speedBps }] of before?.ports ?? []) {
          namePort(site, ifIndex, name, namedMs, speedBps);
        }
        return [router.name, site];
      }),
    );
  }
  replaceInventory(inventory);

  function learn(state: RouterState): void {
    const site = sites.get(state.router);
    if (!site || state.timeMs < site.timeMs) return;
    site.timeMs = state.timeMs;
    for (const { name, ifIndex, type } of state.interfaces) {
      // A bond reports the speed of one of its members.
      if (ifIndex !== undefined) namePort(site, ifIndex, name, state.timeMs, type === 'bond' ? Infinity : 0);
    }
  }

  function learnCounters({ router, timeMs, interface: name, ifIndex, speedBps }: InterfaceCounters): boolean {
    const site = sites.get(router);
    if (!site || ifIndex === undefined || name === '') return false;
    namePort(site, ifIndex, name, timeMs, Number(speedBps ?? 0));
    return true;
  }

  function enrich(flows: readonly Flow[]): number {
    let unknown = 0;
    let router: string | undefined;
    let ports: ReadonlyMap<number, Port> | undefined;
    for (const flow of flows) {
      if (flow.router !== router) {
        router = flow.router;
        ports = sites.get(router)?.ports;
      }
      const input = ports?.get(flow.inputIfIndex);
      const output = ports?.get(flow.outputIfIndex);
      if (!input && flow.inputIfIndex !== 0) unknown += 1;
      if (!output && flow.outputIfIndex !== 0) unknown += 1;
      if (input || output) place(flow, input, output);
      if (places) locate(flow, places);
      leaveOutUntranslated(flow);
    }
    return unknown;
  }

  function speedOf({ router, inputIfIndex, outputIfIndex }: Flow): number | undefined {
    const ports = sites.get(router)?.ports;
    const speedBps = Math.max(
      ports?.get(inputIfIndex)?.speedBps ?? 0,
      ports?.get(outputIfIndex)?.speedBps ?? 0,
    );
    return speedBps > 0 && speedBps < Infinity ? speedBps : undefined;
  }

  return { learn, learnCounters, replaceInventory, enrich, speedOf };
}

/**
 * Gives an index its name, unless a newer one is known.
 * @param saidBps what this source says of the speed, in bits per second; 0 for nothing, Infinity when nobody can know
 */
function namePort(site: Site, ifIndex: number, name: string, timeMs: number, saidBps: number): void {
  const known = site.ports.get(ifIndex);
  if (known && timeMs < known.namedMs) return;
  const wan = site.wanOf.get(name);
  const isSame = known?.name === name;
  const keptBps = isSame && (saidBps === 0 || known.speedBps === Infinity) ? known.speedBps : 0;
  const speedBps = Math.max(saidBps, keptBps, wan?.capacityBps ?? 0);
  if (isSame && known.speedBps === speedBps) {
    known.namedMs = timeMs;
    return;
  }
  if (site.ports.size >= MAX_PORTS && !known) site.ports.clear();
  site.ports.set(ifIndex, { name, wan: wan?.name ?? '', speedBps, namedMs: timeMs });
}

function place(flow: Flow, input: Port | undefined, output: Port | undefined): void {
  const from = input ?? NO_PORT;
  const to = output ?? NO_PORT;
  flow.inputInterface = from.name;
  flow.outputInterface = to.name;
  if (from.wan !== '') {
    flow.wan = from.wan;
    flow.direction = FlowDirection.IN;
    const host = flow.postNatDstAddress;
    flow.insideAddress = host && !isUnspecified(host) ? host : flow.dstAddress;
  } else if (to.wan !== '') {
    flow.wan = to.wan;
    flow.direction = FlowDirection.OUT;
    flow.insideAddress = flow.srcAddress;
  } else if (input && output) {
    flow.direction = FlowDirection.INTERNAL;
  }
}

function locate(flow: Flow, places: FlowPlaces): void {
  const source = places.find(flow.srcAddress);
  const destination = places.find(flow.dstAddress);
  flow.srcCountry = source.country;
  flow.dstCountry = destination.country;
  if (flow.srcAs === 0) flow.srcAs = source.asNumber;
  if (flow.dstAs === 0) flow.dstAs = destination.asNumber;
}

/** Whether it is `0.0.0.0` or `::`, which exporters send in the place of an address that they do not have. */
function isUnspecified(address: Uint8Array): boolean {
  for (let i = 15; i > 11; i -= 1) if (address[i] !== 0) return false;
  const mapped = ((address[10] ?? 0) << 8) | (address[11] ?? 0);
  if (mapped !== 0 && mapped !== V4_MAPPED) return false;
  for (let i = 0; i < 10; i += 1) if (address[i] !== 0) return false;
  return true;
}
