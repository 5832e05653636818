const LETTER_ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  _: ' ',
  '"': '"',
  '\\': '\\',
  $: '$',
  '?': '?',
};

const WRITTEN_ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
  $: '\\$',
  '?': '\\?',
};

/** A byte that is not UTF-8 is kept as a lone low surrogate, so that it is written as the same byte again. */
const STRAY_BYTE = 0xdc00;

/**
 * Resolves the escapes of a RouterOS string (the text between its quotes), continuation lines with their indent included.
 * `onBadEscape` is called with the index of a backslash that begins no escape; it is then kept. Source: RouterOS manual,
 * Scripting, "Constant Escape Sequences"; `\XX` is a byte in hexadecimal, capitals only.
 */
export function unescapeText(source: string, onBadEscape: (index: number) => void = () => undefined): string {
  const parts: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length > 0) parts.push(textOfBytes(bytes));
    bytes = [];
  };
  let index = 0;
  while (index < source.length) {
    const char = source.charAt(index);
    if (char !== '\\') {
      flush();
      parts.push(char);
      index += 1;
      continue;
    }
    const next = source.charAt(index + 1);
    const resumed = afterContinuation(source, index);
    const hex = source.slice(index + 1, index + 3);
    if (resumed !== undefined) {
      index = resumed;
    } else if (/^[0-9A-F]{2}$/.test(hex)) {
      bytes.push(parseInt(hex, 16));
      index += 3;
    } else {
      flush();
      const letter = Object.hasOwn(LETTER_ESCAPES, next) ? LETTER_ESCAPES[next] : undefined;
      if (letter === undefined) onBadEscape(index);
      parts.push(letter ?? '\\');
      index += letter === undefined ? 1 : 2;
    }
  }
  flush();
  return parts.join('');
}

/** Where the text goes on after a backslash at a line's end and the next line's indent; undefined where there is none. */
export function afterContinuation(source: string, index: number): number | undefined {
  if (source.charAt(index) !== '\\') return undefined;
  let end = index + 1;
  if (source.charAt(end) === '\r') end += 1;
  if (source.charAt(end) !== '\n') return undefined;
  end += 1;
  while (source.charAt(end) === ' ' || source.charAt(end) === '\t') end += 1;
  return end;
}

/** Writes a text as RouterOS exports it: bare where it can be, otherwise quoted, beyond ASCII as `\XX` of its UTF-8 bytes. */
export function writeText(text: string): string {
  if (/^[A-Za-z0-9_.,:/@+!*-]+$/.test(text)) return text;
  const encoder = new TextEncoder();
  const parts = ['"'];
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const escaped = Object.hasOwn(WRITTEN_ESCAPES, char) ? WRITTEN_ESCAPES[char] : undefined;
    if (escaped !== undefined) parts.push(escaped);
    else if (code >= STRAY_BYTE + 0x80 && code <= STRAY_BYTE + 0xff) parts.push(hexOf(code - STRAY_BYTE));
    else if (code < 0x20 || code > 0x7e) parts.push(...[...encoder.encode(char)].map(hexOf));
    else parts.push(char);
  }
  parts.push('"');
  return parts.join('');
}

const hexOf = (byte: number): string => `\\${byte.toString(16).toUpperCase().padStart(2, '0')}`;

function textOfBytes(bytes: readonly number[]): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const parts: string[] = [];
  let index = 0;
  while (index < bytes.length) {
    const first = bytes[index] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    try {
      parts.push(decoder.decode(Uint8Array.from(bytes.slice(index, index + length))));
      index += length;
    } catch {
      parts.push(String.fromCharCode(STRAY_BYTE + first));
      index += 1;
    }
  }
  return parts.join('');
}
