import { type Codec, decodeFrames } from '@fairlead/model';
import { map, type OperatorFunction } from 'rxjs';

/** A record of the log with its messages, or with the reason why it has none. */
export type DecodedRecord<R, T> =
  | { readonly kind: 'decoded'; readonly record: R; readonly messages: readonly T[] }
  | { readonly kind: 'broken'; readonly record: R; readonly error: unknown };

/** Decodes the value of each record. A broken one is a value, not the end of the stream. */
export function decodeRecords<R extends { readonly value: Uint8Array }, T>(
  codec: Codec<T>,
): OperatorFunction<R, DecodedRecord<R, T>> {
  return map((record) => {
    try {
      return { kind: 'decoded', record, messages: decodeFrames(codec, record.value) };
    } catch (error) {
      return { kind: 'broken', record, error };
    }
  });
}
