import { type Grant, openGrant } from './grant.ts';
import { readTokens, stampOf } from './token-file.ts';
import { isToken, type StoredToken, tokenIdOf, tokenState } from './token.ts';

/** Who may see and do what. */
export interface Gatekeeper {
  /** What a token allows; otherwise why it allows nothing. Without one, what everybody may. */
  admit(token: string | undefined): Grant | string;
  /** Whether what was granted still holds: tokens expire and are revoked while sockets are open. */
  holds(grant: Grant): boolean;
  /**
   * Looks whether the file of tokens has changed.
   * @throws Error when it is not sound; what was known before goes on to count
   */
  refresh(): Promise<void>;
}

export function createGatekeeper(options: {
  /** Whether reading takes a token. */
  readonly needsToken: boolean;
  readonly tokenFile: string | undefined;
  readonly nowMs: () => number;
}): Gatekeeper {
  const { needsToken, tokenFile, nowMs } = options;
  let tokens: ReadonlyMap<string, StoredToken> = new Map();
  let stamp = '';

  const stateOf = (id: string): ReturnType<typeof tokenState> | 'unknown' => {
    const stored = tokens.get(id);
    return stored ? tokenState(stored, nowMs()) : 'unknown';
  };

  return {
    admit(text) {
      if (text === undefined) return needsToken ? 'this server asks for a token' : openGrant;
      const stored = tokens.get(tokenIdOf(text) ?? '');
      // One answer for all that was never a token, so that nothing is learnt of those that are.
      if (!stored || !isToken(text, stored)) return 'unknown token';
      const state = stateOf(stored.id);
      if (state !== 'good') return `token ${stored.id} is ${state}`;
      const { id, name, sites, write } = stored;
      return { sites: sites ? new Set(sites) : undefined, mayWrite: write, token: { id, name } };
    },
    holds: ({ token }) => token === undefined || stateOf(token.id) === 'good',
    async refresh() {
      if (tokenFile === undefined) return;
      const now = await stampOf(tokenFile);
      if (now === stamp) return;
      tokens = new Map((await readTokens(tokenFile)).map((stored) => [stored.id, stored]));
      stamp = now;
    },
  };
}
