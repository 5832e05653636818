import type { Faults } from './faults.ts';
import type { LoadableKernel } from './kernel/model-kernel.ts';
import type { RouterConfig } from './config/router-config.ts';
import type { LoadScenario } from './load.ts';
import type { RouterSimOptions } from './options.ts';

/** A sentence that the API received. Passwords are replaced by `[secret]`. */
export interface ReceivedSentence {
  /** Number of the connection, from 1. */
  readonly session: number;
  readonly user: string | undefined;
  readonly words: readonly string[];
}

export interface RouterSim {
  readonly name: string;
  /** Opens the sockets; with `time: 'real'` traffic begins. Rejects when a port is taken. */
  start(): Promise<void>;
  /** Closes everything. Safe twice and before start(). */
  stop(): Promise<void>;
  /** Ports that it listens on, after start(). */
  readonly ports: { readonly api: number; readonly apiTls: number; readonly snmp: number };
  /** The self-signed certificate of the TLS port, after start(). */
  readonly certificatePem: string;
  /** Its SHA-256, `AB:CD:…`, after start(). */
  readonly fingerprint256: string;
  readonly kernel: LoadableKernel;
  readonly config: RouterConfig;
  readonly faults: Faults;
  /** The last thousand sentences, oldest first. */
  readonly received: readonly ReceivedSentence[];
  /** Lets time pass, and what must be reported by then be reported. The only way of time with `time: 'virtual'`. */
  advance(elapsedMs: number): void;
  setLoad(load: LoadScenario): void;
  /** @param wan name of the WAN */
  setLink(wan: string, up: boolean): void;
  /** API sessions close; counters, uptime, connections and flow caches begin again. The configuration stays. */
  reboot(): void;
}

export type CreateRouterSim = (options: RouterSimOptions) => RouterSim;
