/** Why a part of a capture gave no datagram, or not a whole one. */
export type CaptureProblem =
  /** The first bytes are those of no capture format. */
  | 'not-a-capture'
  /** The file ends within a record or block. */
  | 'file-cut-short'
  /** A pcapng block with a length that cannot be; nothing after it can be found. */
  | 'broken-block'
  /** A record larger than any packet; it is stepped over. */
  | 'oversized-packet'
  /** A pcapng packet of an interface that no block described. */
  | 'unknown-interface'
  /** A link layer that is not read here. */
  | 'unknown-link-type'
  /** ARP, LLDP and whatever else is not IP. */
  | 'not-ip'
  /** TCP, ICMP and so on. */
  | 'not-udp'
  /** A part of a datagram; parts are not put together. */
  | 'ip-fragment'
  /** Lengths in the headers that contradict each other, or headers that are not all there. */
  | 'broken-packet'
  /** Fewer bytes were captured than were on the wire; the datagram is given with what there is of it. */
  | 'packet-cut-short';

export interface CaptureProblems {
  count(problem: CaptureProblem): void;
  /** Problems met so far, with how often. */
  readonly counts: ReadonlyMap<CaptureProblem, number>;
}

export function createCaptureProblems(): CaptureProblems {
  const counts = new Map<CaptureProblem, number>();
  return {
    counts,
    count(problem) {
      counts.set(problem, (counts.get(problem) ?? 0) + 1);
    },
  };
}
