import { makeToken, readTokens, type StoredToken, tokenState, writeTokens } from '@fairlead/live-gateway';
import { locateConfig, type WhereOptions } from '../data-directory.ts';
import { UsageError } from '../exit.ts';
import { tokenFileOf } from '../token-file.ts';

export interface TokenCreateOptions extends WhereOptions {
  readonly sites?: readonly string[];
  readonly write: boolean;
  /** Milliseconds that it is good for. */
  readonly for: number;
}

export interface TokenListOptions extends WhereOptions {
  readonly json: boolean;
}

/** `fairlead token create NAME`: the token alone on standard output, what it is worth on standard error. */
export async function createToken(name: string, options: TokenCreateOptions): Promise<void> {
  const config = await locateConfig(options);
  const known = new Set(config.routers.map(({ site }) => site));
  const strange = (options.sites ?? []).filter((site) => known.size > 0 && !known.has(site));
  if (strange.length > 0) {
    throw new UsageError(`no router stands at ${strange.join(', ')}; known sites: ${[...known].join(', ')}`);
  }
  const file = tokenFileOf(config);
  const createdMs = Date.now();
  const { text, stored } = makeToken({
    name,
    sites: options.sites ? [...options.sites] : null,
    write: options.write,
    createdMs,
    expiresMs: createdMs + options.for,
  });
  await writeTokens(file, [...(await readTokens(file)), stored]);
  process.stderr.write(
    `Token ${stored.id} (${name}) ${describe(stored)}. It is shown only now; ${file} keeps its SHA-256.\n` +
      `A wall opens with it by #t= behind its address; programs send it as "Authorization: Bearer …" or in hello.\n`,
  );
  process.stdout.write(`${text}\n`);
}

/** `fairlead token list` */
export async function listTokens(options: TokenListOptions): Promise<void> {
  const nowMs = Date.now();
  for (const stored of await readTokens(tokenFileOf(await locateConfig(options)))) {
    const { id, name, sites, write, createdMs, expiresMs } = stored;
    const state = tokenState(stored, nowMs);
    const line = options.json
      ? JSON.stringify({ id, name, state, sites, write, created: iso(createdMs), expires: iso(expiresMs) })
      : `${id}  ${state.padEnd(7)}  ${name}  ${describe(stored)}`;
    process.stdout.write(`${line}\n`);
  }
}

/** `fairlead token revoke TOKEN`: sockets that are open with it end within a second or two. */
export async function revokeToken(idOrName: string, options: WhereOptions): Promise<void> {
  const file = tokenFileOf(await locateConfig(options));
  const tokens = await readTokens(file);
  const nowMs = Date.now();
  const matching = tokens.filter(({ id, name }) => id === idOrName || name === idOrName);
  const good = matching.filter((stored) => tokenState(stored, nowMs) === 'good');
  if (matching.length === 0) throw new Error(`no token of ${file} is called ${idOrName}`);
  if (good.length > 1) {
    throw new Error(
      `${good.length} tokens are called ${idOrName}; name one by its id: ${good.map(({ id }) => id).join(', ')}`,
    );
  }
  const revoked = good[0];
  if (!revoked)
    throw new Error(
      `${idOrName} is ${matching.map((stored) => tokenState(stored, nowMs)).join(', ')} already`,
    );
  await writeTokens(
    file,
    tokens.map((stored) => (stored === revoked ? { ...stored, revokedMs: nowMs } : stored)),
  );
  process.stderr.write(`Token ${revoked.id} (${revoked.name}) is revoked.\n`);
}

const iso = (timeMs: number): string => new Date(timeMs).toISOString();

function describe({ sites, write, expiresMs }: Pick<StoredToken, 'sites' | 'write' | 'expiresMs'>): string {
  const what = write ? 'reads and gives orders' : 'reads';
  return `${what}, ${sites ? `sites ${sites.join(', ')}` : 'all sites'}, until ${iso(expiresMs)}`;
}
