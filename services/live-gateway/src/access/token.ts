import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** `flt_`, eight hex digits that name it, and 32 random bytes. */
const TOKEN = /^flt_([0-9a-f]{8})_[A-Za-z0-9_-]{43}$/;

/** What is kept of a token: not the token itself, only its SHA-256. With 32 random bytes in it, that suffices. */
export const storedTokenSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  name: z.string().min(1).max(64),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Sites that it shows; null for all. */
  sites: z.array(z.string().min(1).max(63)).min(1).max(1_000).nullable(),
  /** Whether orders may be given with it. */
  write: z.boolean(),
  createdMs: z.int(),
  expiresMs: z.int(),
  revokedMs: z.int().nullable(),
});
export type StoredToken = z.infer<typeof storedTokenSchema>;

export type TokenWish = Pick<StoredToken, 'name' | 'sites' | 'write' | 'createdMs' | 'expiresMs'>;

/** A new token: its text, which is shown once, and what is kept. */
export function makeToken(wish: TokenWish): { readonly text: string; readonly stored: StoredToken } {
  const id = randomBytes(4).toString('hex');
  const text = `flt_${id}_${randomBytes(32).toString('base64url')}`;
  return { text, stored: { id, ...wish, sha256: sha256(text).toString('hex'), revokedMs: null } };
}

/** The name in a text that looks like a token. */
export const tokenIdOf = (text: string): string | undefined => TOKEN.exec(text)?.[1];

export const isToken = (text: string, stored: StoredToken): boolean =>
  timingSafeEqual(sha256(text), Buffer.from(stored.sha256, 'hex'));

/** What a token is worth now. */
export function tokenState(
  { expiresMs, revokedMs }: Pick<StoredToken, 'expiresMs' | 'revokedMs'>,
  nowMs: number,
): 'good' | 'expired' | 'revoked' {
  if (revokedMs !== null) return 'revoked';
  return nowMs < expiresMs ? 'good' : 'expired';
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();
