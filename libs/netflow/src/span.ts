/** The part of a datagram between two offsets. */
export interface Span {
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
}
