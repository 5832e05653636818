import type { Topic } from '@fairlead/topics';
import type { Gatherer } from './batch-queue.ts';
import type { Source } from './sources.ts';

/** One datagram as it came in. */
export interface Datagram {
  /** When it was taken from the socket, Unix milliseconds. */
  readonly timeMs: number;
  readonly source: Source;
  readonly sourcePort: number;
  readonly payload: Uint8Array;
}

/** What a collector decides about its datagrams, and how they become values of the log. */
export type UdpIntakePurpose<T> = UdpIntakeNames<T> &
  (
    | {
        /** The record of a datagram; runs behind the queue, not while the socket is emptied. Must not throw. */
        readonly toRecord: (datagram: Datagram) => T;
      }
    | {
        /** Gathers the datagrams of one value while the socket is emptied; for what is cheaper than keeping them. */
        readonly gather: () => Gatherer<Datagram>;
      }
  );

interface UdpIntakeNames<T> {
  /** Name of the service in logs, metrics and health. */
  readonly service: string;
  /** Part of the configuration that names the port. */
  readonly section: string;
  readonly topic: Topic<T>;
  /** Key of the record in the log. */
  readonly keyOf: (source: Source) => string;
}
