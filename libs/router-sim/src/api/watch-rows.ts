import type { Properties } from '../config/config-table.ts';
import type { Row } from './menu.ts';

/** What counts or runs on by itself is no change of an item. */
const COUNTS =
  /^(?:(?:fp-)?[rt]x-(?:byte|packet|drop|error|queue-drop)|(?:orig|repl)-.*|bytes|packets|uptime|cpu-load|free-memory|timeout|(?:done|failed)-tests)$/;

/**
 * Compares the items of a menu with what they were.
 * @param tell an item that is new or other than before; undefined when it is gone
 * @returns the call that looks again
 */
export function watchRows(
  rows: () => readonly Row[],
  tell: (id: string, row: Row | undefined) => void,
): () => void {
  const look = (): Map<string, { readonly row: Row; readonly state: string }> =>
    new Map(
      rows().map((row, index) => [
        row.properties['.id'] ?? String(index),
        { row, state: stateOf(row.properties) },
      ]),
    );
  let before = look();
  return () => {
    const now = look();
    for (const id of before.keys()) if (!now.has(id)) tell(id, undefined);
    for (const [id, { row, state }] of now) if (before.get(id)?.state !== state) tell(id, row);
    before = now;
  };
}

const stateOf = (properties: Properties): string =>
  JSON.stringify(Object.entries(properties).filter(([name]) => !COUNTS.test(name)));
