import { type KnownNames, readName } from './event-name.ts';

interface DhcpLease {
  readonly server: string;
  readonly address: string;
  readonly mac: string;
  /** As told by the client. */
  readonly hostname?: string;
}

interface DhcpClient {
  readonly client: string;
  readonly interface: string;
  readonly address: string;
  readonly reason?: string;
}

export type DhcpEvent =
  | ({
      readonly kind: 'dhcp-lease-assigned' | 'dhcp-lease-deassigned' | 'dhcp-offer-unanswered';
    } & DhcpLease)
  | ({ readonly kind: 'dhcp-client-bound' | 'dhcp-client-lost' } & DhcpClient);

const ADDRESS = String.raw`[0-9a-f.:]+(?:/\d{1,3})?`;
const MAC = '[0-9a-f]{2}(?::[0-9a-f]{2}){5}';

const lease = new RegExp(
  `^(.{1,128}?) (assigned|deassigned) (${ADDRESS}) (?:for|to|from) (${MAC})(?: (.*))?$`,
  'is',
);
const offer = new RegExp(`^(.{1,128}?) offering lease (${ADDRESS}) for (${MAC}) without success$`, 'i');
const client = new RegExp(
  `^(.{1,128}?) on (.{1,128}?) (got|lost) IP address (${ADDRESS})(?: - (.*))?$`,
  'is',
);

/** The host name is the client's text, and last: the first lease in the line is the server's. */
export function readDhcp(text: string, known: KnownNames): DhcpEvent | undefined {
  if (text.includes('assigned ')) {
    const match = lease.exec(text);
    const server = match ? readName(match[1] ?? '', known) : undefined;
    if (match && server !== undefined) {
      const [, , action, address = '', mac = '', hostname = ''] = match;
      const kind = action === 'assigned' ? 'dhcp-lease-assigned' : 'dhcp-lease-deassigned';
      return { kind, server, address, mac, ...(hostname === '' ? {} : { hostname }) };
    }
  }
  if (text.includes(' offering lease ')) return readOffer(text, known);
  return text.includes(' IP address ') ? readClient(text, known) : undefined;
}

function readOffer(text: string, known: KnownNames): DhcpEvent | undefined {
  const match = offer.exec(text);
  const server = match ? readName(match[1] ?? '', known) : undefined;
  if (!match || server === undefined) return undefined;
  return { kind: 'dhcp-offer-unanswered', server, address: match[2] ?? '', mac: match[3] ?? '' };
}

function readClient(text: string, known: KnownNames): DhcpEvent | undefined {
  const match = client.exec(text);
  const name = match ? readName(match[1] ?? '', known) : undefined;
  if (!match || name === undefined) return undefined;
  const [, , on = '', action, address = '', reason] = match;
  const kind = action === 'got' ? 'dhcp-client-bound' : 'dhcp-client-lost';
  return { kind, client: name, interface: on, address, ...(reason === undefined ? {} : { reason }) };
}
