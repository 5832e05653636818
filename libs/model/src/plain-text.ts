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
