/** The datagram that a record came with. */
export interface RecordOrigin {
  /** Unix milliseconds; 0 where it is not known. */
  readonly timeMs: number;
  /** 16 bytes. */
  readonly exporter: Uint8Array;
  readonly version: number;
}
