import type { ConfigTable } from '../config/config-table.ts';
import { parseDuration } from '@fairlead/routeros';
import { deviceDuration } from './device-text.ts';
import type { Menu } from './menu.ts';
import { createTableEditor } from './table-editor.ts';
import { trap } from './traps.ts';

/** `/ip/firewall/address-list`. An entry with a timeout lives in memory only, and goes by itself. */
export function createAddressListMenu(table: ConfigTable, uptimeMs: () => number): Menu {
  const endsMs = new Map<string, number>();
  let seenMs = 0;
  const editor = createTableEditor(table, {
    noun: 'address list entry',
    known: new Set(['list', 'address', 'comment', 'disabled']),
    required: ['list', 'address'],
    allowed: {},
    booleans: ['disabled'],
  });
  const expire = (): void => {
    const hasRebooted = uptimeMs() < seenMs;
    seenMs = uptimeMs();
    for (const [id, endMs] of endsMs) {
      if (endMs > seenMs && !hasRebooted) continue;
      endsMs.delete(id);
      table.remove(id);
    }
  };
  const readTimeout = (text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    const timeoutMs = parseDuration(text);
    if (timeoutMs === undefined) throw trap('badValue', 'timeout');
    return timeoutMs;
  };
  return {
    path: '/ip/firewall/address-list',
    rows() {
      expire();
      return table.items().map(({ id, properties }) => {
        const endMs = endsMs.get(id);
        return {
          properties: {
            '.id': id,
            ...properties,
            ...(endMs === undefined ? {} : { timeout: deviceDuration(endMs - uptimeMs()) }),
            dynamic: String(endMs !== undefined),
            disabled: properties['disabled'] ?? 'false',
          },
        };
      });
    },
    editor: {
      ...editor,
      add({ timeout, ...parameters }) {
        expire();
        const timeoutMs = readTimeout(timeout);
        const isThere = table
          .items()
          .some(
            ({ properties }) =>
              properties['list'] === parameters['list'] && properties['address'] === parameters['address'],
          );
        if (isThere) throw trap('alreadyThere');
        const id = editor.add(parameters);
        if (timeoutMs !== undefined) {
          endsMs.set(id, uptimeMs() + timeoutMs);
          table.set(id, { dynamic: 'true' });
        }
        return id;
      },
      set(idOrName, { timeout, ...parameters }) {
        const timeoutMs = readTimeout(timeout);
        editor.set(idOrName, parameters);
        if (timeoutMs !== undefined) endsMs.set(idOrName, uptimeMs() + timeoutMs);
      },
      remove(idOrName) {
        editor.remove(idOrName);
        endsMs.delete(idOrName);
      },
    },
  };
}
