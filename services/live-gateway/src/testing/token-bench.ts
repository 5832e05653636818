import { readTokens, writeTokens } from '../access/token-file.ts';
import { makeToken, tokenIdOf, type TokenWish } from '../access/token.ts';

/** A new token in a file; reads all sites for an hour unless wished otherwise. */
export async function giveToken(file: string, wish: Partial<TokenWish> = {}): Promise<string> {
  const createdMs = Date.now();
  const { text, stored } = makeToken({
    name: 'test',
    sites: null,
    write: false,
    createdMs,
    expiresMs: createdMs + 3_600_000,
    ...wish,
  });
  await writeTokens(file, [...(await readTokens(file)), stored]);
  return text;
}

export async function revokeTokens(file: string, texts: readonly string[]): Promise<void> {
  const ids = texts.map(tokenIdOf);
  const tokens = await readTokens(file);
  await writeTokens(
    file,
    tokens.map((stored) => (ids.includes(stored.id) ? { ...stored, revokedMs: Date.now() } : stored)),
  );
}
