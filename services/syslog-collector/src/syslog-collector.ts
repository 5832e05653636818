import type { SyslogMessage } from '@fairlead/model';
import type { Component } from '@fairlead/runtime';
import { createStreamIntake, type Peer, type StreamMessage } from '@fairlead/stream-intake';
import { createFrameDecoder, parseSyslog } from '@fairlead/syslog';
import { topics } from '@fairlead/topics';
import {
  type Cidr,
  createUdpIntake,
  type Datagram,
  isInCidr,
  parseCidr,
  type UdpIntakeDeps,
} from '@fairlead/udp-intake';
import type { SyslogCollectorConfig } from './config.ts';
import { createRouterFinder } from './router-finder.ts';

export interface SyslogCollector extends Component {
  /** Reads the certificate of the TLS listener again, for new connections. Never rejects. */
  refresh(): Promise<void>;
  /** Where it listens on UDP; the first of several. @throws Error before start() */
  address(): { readonly address: string; readonly port: number };
  /** Where it listens on TCP or TLS; undefined when it does not. */
  streamAddress(transport: 'tcp' | 'tls'): { readonly address: string; readonly port: number } | undefined;
}

/**
 * Syslog over UDP (RFC 5426), TCP (RFC 6587) and TLS (RFC 5425) to `syslog`, parsed, keyed by the router at the other
 * end or, for others, by the source address. The books are those of the two intakes: unit `datagrams` for UDP, unit
 * `messages` for TCP and TLS.
 */
export function createSyslogCollector(config: SyslogCollectorConfig, deps: UdpIntakeDeps): SyslogCollector {
  const names = { service: 'syslog-collector', section: 'syslog', topic: topics.syslog };
  const udp = createUdpIntake(
    config,
    {
      ...names,
      keyOf: ({ router, text }: Datagram['source']) => router || text,
      toRecord: ({ timeMs, source, payload }: Datagram): SyslogMessage =>
        parseSyslog(payload, {
          timeMs,
          source: source.address,
          router: source.router,
          identity: finder.identityOf(source.router),
          interfaces: finder.interfacesOf(source.router),
          routerOfHost: (hostname) => finder.routerBehind(source.text, hostname),
        }),
    },
    deps,
  );
  const finder = createRouterFinder(deps.inventory, (address) => udp.routerOf(address), config.relays);
  const blocks = config.allowFrom.map(parseCidr).filter((block): block is Cidr => block !== undefined);
  const streams = createStreamIntake(
    { tcp: config.tcp, tls: config.tls, host: config.host, limits: config.streams },
    {
      ...names,
      createFrames: createFrameDecoder,
      isAllowed: (peer: Peer, isFinal) =>
        (blocks.length === 0 || blocks.some((block) => isInCidr(block, peer.addressBytes))) &&
        (!config.onlyInventory || !isFinal || finder.routerOf(peer) !== '' || finder.isRelay(peer.address)),
      isPinned: (fingerprint256) => finder.isPinned(fingerprint256),
      keyOf: (peer: Peer) => finder.routerOf(peer) || peer.address,
      toRecord({ timeMs, peer, payload }: StreamMessage): SyslogMessage {
        const router = finder.routerOf(peer);
        return parseSyslog(payload, {
          timeMs,
          source: peer.addressBytes,
          router,
          identity: finder.identityOf(router),
          interfaces: finder.interfacesOf(router),
          routerOfHost: (hostname) => finder.routerBehind(peer.address, hostname),
        });
      },
    },
    deps,
  );
  return {
    name: names.service,
    address: () => udp.address(),
    streamAddress: (transport) => streams.address(transport),
    refresh: () => streams.refresh(),
    async start() {
      await udp.start();
      await streams.start();
    },
    async stop() {
      await Promise.all([udp.stop(), streams.stop()]);
    },
  };
}
