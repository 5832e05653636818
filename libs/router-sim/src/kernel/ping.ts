/** A ping as a client asks for it. */
export interface PingRequest {
  /** IPv4. */
  readonly address: string;
  /** Probes wanted; undefined without end. */
  readonly count: number | undefined;
  readonly intervalMs: number;
  /** Of a packet with its headers. */
  readonly sizeBytes: number;
  /** Routing table that it goes by. */
  readonly table: string;
  /** Interface that it leaves by, and no other. */
  readonly interface: string | undefined;
}

/** What became of one probe. */
export type PingAnswer =
  | { readonly rttMs: number; readonly ttl: number }
  | { readonly status: 'timeout' | 'host unreachable' | 'net unreachable' | 'no route to host' };

export interface PingObserver {
  /** Told of each probe, in their order. */
  answered(answer: PingAnswer): void;
  /** No more probes come. */
  ended(): void;
}

/** How the pings of a router come by their answers. */
export type Pings =
  | {
      readonly kind: 'computed';
      /** Whether hosts beyond this gateway answer. */
      answersBeyond(gateway: string): boolean;
    }
  | {
      readonly kind: 'real';
      /** @returns the call that ends it without a word */
      start(request: PingRequest, observer: PingObserver): () => void;
    };
