/** One side of a connection as RouterOS writes it in a firewall line. */
export interface Endpoint {
  readonly address: string;
  /** Absent where the protocol has none. */
  readonly port?: number;
}

const endpoint = /^(?:\[([0-9a-f:.]+)\]|([\d.]+))(?::(\d{1,5}))?$/i;
const bareV6 = /^[0-9a-f:.]*:[0-9a-f:.]*$/i;

/** Reads `1.2.3.4:53`, `1.2.3.4`, `[2001:db8::1]:53` or `2001:db8::1`. */
export function readEndpoint(text: string): Endpoint | undefined {
  const match = endpoint.exec(text);
  if (!match) return bareV6.test(text) ? { address: text } : undefined;
  const address = match[1] ?? match[2] ?? '';
  return match[3] === undefined ? { address } : { address, port: Number(match[3]) };
}
