/**
 * - `timeout`: no answer in time. Also a wrong community, which an agent ignores (RFC 3416 section 4), and a closed port,
 *   which an unconnected UDP socket does not hear of.
 * - `unreachable`: nothing could be sent: the name does not resolve, or there is no route.
 * - `refused`: the agent answered with an error status (RFC 3416 section 3).
 * - `denied`: the agent does not accept the user, the password or the security level (RFC 3414 section 3.2).
 * - `too-big`: the answer does not fit one message; ask for less.
 * - `malformed`: the answer is not valid SNMP, or does not belong to the question.
 * - `closed`: the session was closed.
 */
export type SnmpErrorKind =
  'timeout' | 'unreachable' | 'refused' | 'denied' | 'too-big' | 'malformed' | 'closed';

export class SnmpError extends Error {
  override readonly name = 'SnmpError';
  readonly kind: SnmpErrorKind;

  constructor(kind: SnmpErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
