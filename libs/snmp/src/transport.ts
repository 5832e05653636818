import { createCommunitySession } from './community-session.ts';
import type { SnmpSession, SnmpSessionOptions } from './session.ts';
import { createUdpExchange, type ExchangeEvents } from './udp-exchange.ts';
import { createUserSession } from './user-session.ts';

/** What the sessions of one process share. */
export interface SnmpTransport {
  openSession(options: SnmpSessionOptions): SnmpSession;
  /** Frees the shared sockets; the sessions of version 2c end with them. Safe twice. */
  close(): void;
}

/** @param events hears of every datagram that the sessions of version 2c get */
export function createSnmpTransport(events: ExchangeEvents = {}): SnmpTransport {
  const exchange = createUdpExchange(events);
  return {
    openSession: (options) =>
      'community' in options.access
        ? createCommunitySession(exchange, options.access.community, options)
        : createUserSession(options.access.user, options),
    close: () => exchange.close(),
  };
}
