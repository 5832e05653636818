import type { SnmpValue } from './var-bind.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const windows1252 = new TextDecoder('windows-1252');

/**
 * Text of an octet string, without the NUL bytes that some agents end it with: UTF-8, or one byte for each character where
 * it is not (WinBox writes names in the code page of its Windows). Undefined for any other type.
 */
export function readText(value: SnmpValue | undefined): string | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  const nul = value.indexOf(0);
  const bytes = nul === -1 ? value : value.subarray(0, nul);
  try {
    return utf8.decode(bytes);
  } catch {
    return windows1252.decode(bytes);
  }
}
