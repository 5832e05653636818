/** What tests make the API do wrong. Change the fields at any time; they hold until changed back. */
export interface Faults {
  /** Every login is refused, as with a wrong password. */
  refuseLogin: boolean;
  /** The command is carried out, and the connection closes in the middle of its reply. */
  closeMidReply: boolean;
  /** The command is carried out and never answered. */
  noReply: boolean;
  /** The answer comes this much later. */
  delayMs: number;
  /** Commands are answered with `!fatal` and this reason, and the connection closes. */
  fatal: string | undefined;
  /** Which commands, such as `/ip/firewall/mangle/set`, closeMidReply, noReply, delayMs and fatal concern. */
  appliesTo: (command: string) => boolean;
  /** Whether the steering rule is there once, not at all, or twice. */
  steeringRule: 'once' | 'missing' | 'doubled';
}
