import type { Telemetry } from '@fairlead/runtime';
import type { StreamLimits, TcpListenerConfig, TlsListenerConfig } from './config.ts';
import {
  type Listener,
  type ListenerHandlers,
  openTcpListener,
  openTlsListener,
  type Place,
  type Transport,
} from './listener.ts';
import { readServerCertificate, type ServerCertificate } from './server-certificate.ts';

export interface ListenersConfig {
  readonly tcp?: TcpListenerConfig | undefined;
  readonly tls?: TlsListenerConfig | undefined;
  /** Where a listener does not say it. */
  readonly host: string | readonly string[];
  readonly limits: Pick<StreamLimits, 'messageTimeoutMs'>;
}

/** All listeners of an intake. */
export interface Listeners {
  /** @throws Error naming the key of the configuration, and how to mend it; nothing is open then */
  open(): Promise<void>;
  /** Where it listens; the first of several. Undefined when it does not. */
  address(transport: Transport): { readonly address: string; readonly port: number } | undefined;
  /**
   * Reads the files of the TLS listener again and shows what is in them to every new connection; those that are open stay
   * as they are. Files that do not go together change nothing. @returns the outcome; undefined where there is no TLS
   */
  renewCertificate(): Promise<'applied' | 'unchanged' | 'refused' | undefined>;
  /** Takes no more connections; those that are open stay. Safe twice. */
  close(): void;
}

export function createListeners(
  config: ListenersConfig,
  {
    section,
    handlers,
    logger,
  }: { readonly section: string; readonly handlers: ListenerHandlers; readonly logger: Telemetry['log'] },
): Listeners {
  let listeners: readonly Listener[] = [];
  let certificate: ServerCertificate | undefined;

  async function openAll(): Promise<readonly Listener[]> {
    const { tcp, tls } = config;
    const opened: Listener[] = [];
    try {
      if (tcp) {
        for (const place of placesOf(tcp, 'tcp', opened))
          opened.push(await openTcpListener(place(), handlers));
      }
      if (tls) {
        certificate = await readServerCertificate(tls, `${section}.tls`);
        const { fingerprint256, isNew } = certificate;
        logger.info({ fingerprint256, isNew }, 'certificate of the TLS listener');
        const options = { ...tls, handshakeTimeoutMs: config.limits.messageTimeoutMs };
        for (const place of placesOf(tls, 'tls', opened)) {
          opened.push(await openTlsListener(place(), certificate, options, handlers));
        }
      }
      return opened;
    } catch (error) {
      for (const listener of opened) listener.close();
      throw error;
    }
  }

  /** A free port that the first address was given is that of the others too. */
  function placesOf(
    { host, port }: Pick<TcpListenerConfig, 'host' | 'port'>,
    transport: Transport,
    opened: readonly Listener[],
  ): (() => Place)[] {
    const hosts = [host ?? config.host].flat();
    return hosts.map((one) => () => ({
      host: one,
      port: opened.find((listener) => listener.transport === transport)?.address.port ?? port,
      // Otherwise :: would take the port of 0.0.0.0 beside it.
      ipv6Only: hosts.some((other) => !other.includes(':')),
      section: `${section}.${transport}`,
    }));
  }

  return {
    async open() {
      listeners = await openAll();
      for (const { transport, address } of listeners) logger.info({ transport, ...address }, 'listening');
    },
    address: (transport) => listeners.find((listener) => listener.transport === transport)?.address,
    async renewCertificate() {
      const { tls } = config;
      if (!tls || !certificate) return undefined;
      try {
        // What was made once is not made again in silence: its fingerprint may be pinned.
        const next = await readServerCertificate({ ...tls, selfSigned: false }, `${section}.tls`);
        if (isSameCertificate(next, certificate)) return 'unchanged';
        for (const listener of listeners) listener.showCertificate(next);
        certificate = next;
        const { fingerprint256 } = next;
        logger.info({ fingerprint256 }, 'new certificate of the TLS listener, for new connections');
        return 'applied';
      } catch (error) {
        logger.error({ err: error }, 'the new certificate is refused; the TLS listener keeps the one it has');
        return 'refused';
      }
    },
    close() {
      for (const listener of listeners) listener.close();
      listeners = [];
    },
  };
}

const isSameCertificate = (one: ServerCertificate, other: ServerCertificate): boolean =>
  one.cert === other.cert && one.key === other.key && one.ca === other.ca;
