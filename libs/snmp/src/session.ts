import type { Oid } from './oid.ts';
import type { VarBind } from './var-bind.ts';

export interface CallOptions {
  /** Time for the whole call, all attempts included; otherwise (retries + 1) x timeoutMs. */
  readonly withinMs?: number;
}

export interface BulkOptions extends CallOptions {
  /** How many of the first objects are asked for once; 0 unless given. */
  readonly nonRepeaters?: number;
  /** Rows asked for of each of the others. */
  readonly maxRepetitions: number;
}

/** What can be asked of one agent (RFC 3416). Every call ends in its time. */
export interface SnmpSession {
  /**
   * @returns one binding for each OID, in that order
   * @throws SnmpError
   */
  get(oids: readonly Oid[], options?: CallOptions): Promise<readonly VarBind[]>;
  /**
   * GETBULK: what follows each of the OIDs, row by row. An agent may cut the answer anywhere.
   * @throws SnmpError
   */
  getBulk(after: readonly Oid[], options: BulkOptions): Promise<readonly VarBind[]>;
  /** Gives up what is under way. Safe twice. */
  close(): void;
}

/** Protocols of RFC 3414 and RFC 7860. RouterOS has md5 and sha. */
export type AuthProtocol = 'md5' | 'sha' | 'sha224' | 'sha256' | 'sha384' | 'sha512';
/**
 * Protocols of RFC 3414 and RFC 3826. Of AES with 256 bits there are two ways to lengthen a key, which do not understand each
 * other: `aes256` after Blumenthal (Net-SNMP's AES-256) and `aes256c` after Reeder (Net-SNMP's AES-256-C, Cisco).
 */
export type PrivProtocol = 'des' | 'aes' | 'aes256' | 'aes256c';

/** A user of SNMPv3 (RFC 3414). Without `auth` it is noAuthNoPriv, without `priv` authNoPriv. */
export interface SnmpUser {
  readonly name: string;
  readonly auth?: { readonly protocol: AuthProtocol; readonly password: string } | undefined;
  readonly priv?: { readonly protocol: PrivProtocol; readonly password: string } | undefined;
  /** Name of the context; empty for the default one. */
  readonly context?: string | undefined;
}

export interface SnmpSessionOptions {
  /** Address or name of the agent. */
  readonly host: string;
  readonly port: number;
  /** A community for version 2c, or a user of version 3. */
  readonly access: { readonly community: string } | { readonly user: SnmpUser };
  /** Longest wait for each answer. */
  readonly timeoutMs: number;
  /** Questions after the first one that was not answered. */
  readonly retries: number;
}
