/** Why a part of a datagram could not be used. A value, not an exception: the rest of the datagram is still decoded. */
export type Problem =
  /** The datagram, or the fixed part of a message, is shorter than it must be. */
  | { readonly kind: 'truncated'; readonly wantedBytes: number; readonly hadBytes: number }
  | { readonly kind: 'unsupported-version'; readonly version: number }
  /** sFlow, which has samples of packets and not flows, and is not decoded. */
  | { readonly kind: 'sflow'; readonly version: number }
  /** A header of v1, v5 or v7 announces more records than the datagram holds; those that are there are decoded. */
  | { readonly kind: 'count-mismatch'; readonly announced: number; readonly held: number }
  /** Bytes behind what the header announces; of them only the rest of a set is decoded that begins before. */
  | { readonly kind: 'trailing-bytes'; readonly bytes: number }
  /** A set says it is shorter than its own header or longer than what is left; nothing after it can be found. */
  | {
      readonly kind: 'set-length';
      readonly setId: number;
      readonly lengthBytes: number;
      readonly leftBytes: number;
    }
  /** A set id below 256 that is none of a template set. */
  | { readonly kind: 'reserved-set'; readonly setId: number }
  /**
   * A template that does not fit its set, has no length, too many fields, or an id below 256; the rest of its set is
   * skipped.
   */
  | { readonly kind: 'bad-template'; readonly templateId: number }
  /** Data that waited for its template in vain: too long, or longer than there was room. */
  | { readonly kind: 'template-missing'; readonly observationDomain: number; readonly templateId: number }
  /** More than one datagram may ask of the decoder (datagram-limits.ts); what is behind is left out. */
  | { readonly kind: 'too-many-records'; readonly templateId: number; readonly leftBytes: number }
  | { readonly kind: 'too-many-sets'; readonly leftBytes: number }
  | { readonly kind: 'too-many-templates' }
  /** A data set too short for one record of its template. */
  | { readonly kind: 'record-length'; readonly templateId: number; readonly lengthBytes: number };

export type ProblemKind = Problem['kind'];
