import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { LIVE_PATH } from '@fairlead/live-protocol';
import { type HostCheck, hostRefusal } from '@fairlead/runtime';

/** An upgrade that is not made: the HTTP answer, and the word that it is counted under. */
export interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly text: string;
}

export interface AdmissionRules {
  /** Origins that are allowed; empty allows the host that is asked. */
  readonly origins: readonly string[];
  readonly hostAllowed: HostCheck;
  readonly maxClients: number;
  readonly maxClientsPerAddress: number;
}

/** What counts for one upgrade request. */
export interface UpgradeRequest {
  readonly path: string;
  readonly host: string | undefined;
  /** Absent from programs that are not browsers; only browsers can be made to connect by a page from elsewhere. */
  readonly origin: string | undefined;
  readonly clients: number;
  readonly clientsOfAddress: number;
}

/** Whether a WebSocket is opened; undefined when it is. */
export function admit(request: UpgradeRequest, rules: AdmissionRules): Refusal | undefined {
  if (request.path !== LIVE_PATH) {
    return { status: 404, reason: 'path', text: `The WebSocket is at ${LIVE_PATH}.` };
  }
  if (!rules.hostAllowed(request.host)) return hostRefusal;
  if (request.origin !== undefined && !originAllowed(request.origin, request.host, rules.origins)) {
    return {
      status: 403,
      reason: 'origin',
      text: 'Pages of this origin may not connect; add it to live.origins.',
    };
  }
  if (request.clients >= rules.maxClients) {
    return { status: 503, reason: 'full', text: 'Too many clients; raise live.maxClients.' };
  }
  if (request.clientsOfAddress >= rules.maxClientsPerAddress) {
    return {
      status: 429,
      reason: 'address-full',
      text: 'Too many clients from this address; raise live.maxClientsPerAddress.',
    };
  }
  return undefined;
}

export function originAllowed(origin: string, host: string | undefined, allowed: readonly string[]): boolean {
  if (allowed.length > 0) return allowed.includes(origin);
  // Behind a proxy that ends TLS the scheme differs, so only the host is compared.
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

export const pathOf = (request: IncomingMessage): string => request.url?.split('?', 1)[0] ?? '/';

/** Answers an upgrade request in HTTP and ends the connection, whether the other side does or not. */
export function answerRefusal(socket: Socket, { status, text }: Refusal): void {
  socket.write(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
  socket.destroySoon();
}
