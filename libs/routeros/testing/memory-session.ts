import { createAllowList } from '../src/allow-list.ts';
import { createSession, type RouterosSession, type SessionOptions } from '../src/session.ts';
import { createMemoryWire, type MemoryWire } from './memory-wire.ts';

/** A session on a memory wire that may send these commands. Nobody has logged in; the router does not mind. */
export function createMemorySession(
  allow: readonly string[],
  options: Partial<SessionOptions> = {},
): { readonly session: RouterosSession; readonly wire: MemoryWire } & Pick<
  ReturnType<typeof createSession>,
  'login'
> {
  const wire = createMemoryWire();
  const { session, login } = createSession(wire.socket, {
    peer: 'router:8728',
    allowList: createAllowList(allow),
    timeoutMs: 5_000,
    keepAliveMs: 60_000,
    maxPending: 64,
    maxReplyBytes: 16 * 2 ** 20,
    limits: {},
    onEvent: undefined,
    ...options,
  });
  return { session, login, wire };
}
