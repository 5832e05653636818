import type { Topic } from '@fairlead/topics';
import type { StreamLimits } from './config.ts';
import type { Frames } from './connection.ts';
import type { Peer } from './peer.ts';

/** One message as it came in. */
export interface StreamMessage {
  /** When its last bytes were read, Unix milliseconds. */
  readonly timeMs: number;
  readonly peer: Peer;
  /** May share memory with other messages. */
  readonly payload: Uint8Array;
}

/** What a collector decides about its connections and messages. */
export interface StreamIntakePurpose<T> {
  /** Name of the service in logs, metrics and health. */
  readonly service: string;
  /** Part of the configuration that has `tcp` and `tls`. */
  readonly section: string;
  readonly topic: Topic<T>;
  readonly createFrames: (limits: StreamLimits) => Frames;
  /** Whether the peer may send; asked before a TLS handshake, and again with the certificate if there is one. */
  readonly isAllowed: (peer: Peer, isFinal: boolean) => boolean;
  /** Whether a certificate that no CA signed is known. */
  readonly isPinned: (fingerprint256: string) => boolean;
  /** Key of the records of a peer in the log. */
  readonly keyOf: (peer: Peer) => string;
  /** Runs behind the queue. Must not throw. */
  readonly toRecord: (message: StreamMessage) => T;
}
