import type { z } from 'zod';

/** Blanks at the ends and control characters: nobody sees them, and a router that is asked for such a name has none. */
const INVISIBLE = /^\s|\s$|\p{Cc}/u;

/** A check of text that names something on a router. */
export function plainText({ value, issues }: z.core.ParsePayload<string>): void {
  if (!INVISIBLE.test(value)) return;
  issues.push({
    code: 'custom',
    input: value,
    message: 'blanks at its beginning or end, or control characters, are not part of a name',
  });
}

/** Beyond ASCII each tool writes other bytes, so that the same text is not found again. */
const BEYOND_ASCII = /[^\x20-\x7e]/u;

/** A check of text by which something is found on a router: `plainText` of ASCII. */
export function asciiText(payload: z.core.ParsePayload<string>): void {
  plainText(payload);
  const found = BEYOND_ASCII.exec(payload.value)?.[0];
  if (found === undefined || INVISIBLE.test(payload.value)) return;
  payload.issues.push({
    code: 'custom',
    input: payload.value,
    message: `"${found}" is not ASCII: WinBox and the API write it in different bytes, and it would not be found; rename it on the router too`,
  });
}
