import { StoreError } from './port.ts';

/** Codes of ClickHouse (src/Common/ErrorCodes.cpp) that say: these values cannot be read, now or ever. */
const BAD_DATA = new Set([
  6, // CANNOT_PARSE_TEXT
  26, // CANNOT_PARSE_QUOTED_STRING
  27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  32, // ATTEMPT_TO_READ_AFTER_EOF
  33, // CANNOT_READ_ALL_DATA
  38, // CANNOT_PARSE_DATE
  41, // CANNOT_PARSE_DATETIME
  69, // ARGUMENT_OUT_OF_BOUND
  70, // CANNOT_CONVERT_TYPE
  72, // CANNOT_PARSE_NUMBER
  117, // INCORRECT_DATA
  128, // TOO_LARGE_ARRAY_SIZE
  131, // TOO_LARGE_STRING_SIZE
  321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  407, // DECIMAL_OVERFLOW
  434, // PROTOBUF_BAD_CAST
  441, // CANNOT_PARSE_IPV6
  444, // UNKNOWN_PROTOBUF_FORMAT
  691, // UNKNOWN_ELEMENT_OF_ENUM
]);

/** Codes that pass by themselves. */
const TEMPORARY = new Set([
  159, // TIMEOUT_EXCEEDED
  160, // TOO_SLOW
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  241, // MEMORY_LIMIT_EXCEEDED
  252, // TOO_MANY_PARTS
  394, // QUERY_WAS_CANCELLED
]);

/** An insert is worth another attempt unless its data are bad: a full disk or a missing table can be mended. */
export const insertError = (cause: unknown): StoreError =>
  toStoreError(cause, (code) => code === undefined || !BAD_DATA.has(code));

/** A query is not worth another attempt unless the error passes by itself. */
export const queryError = (cause: unknown): StoreError =>
  toStoreError(cause, (code) => code === undefined || TEMPORARY.has(code));

function toStoreError(cause: unknown, isRetriable: (code: number | undefined) => boolean): StoreError {
  if (cause instanceof StoreError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = codeOf(cause);
  return new StoreError(withoutRepetition(message), {
    code,
    retriable: isRetriable(code),
    cause,
  });
}

/** ClickHouse's code: a property of chDB's errors, text in those of @clickhouse/client. */
function codeOf(cause: unknown): number | undefined {
  if (typeof cause !== 'object' || cause === null) return undefined;
  const { clickhouseCode, code } = cause as { readonly clickhouseCode?: unknown; readonly code?: unknown };
  const value = clickhouseCode ?? code;
  return /^\d+$/.test(String(value)) ? Number(value) : undefined;
}

/** Where chDB passes an error on, it words it again. */
const withoutRepetition = (message: string): string =>
  message
    .replace(/^(?:Code: \d+\. DB::Exception: )+/, '')
    .replace(/(\([A-Z_]+\))(?: \(version [\d.]+\)\. \1)+$/, '$1');
