import type { Router } from '@fairlead/model';
import { type AllowedCommand, openRouterSession, type RouterosSession } from '@fairlead/routeros';
import { loadConfig } from '@fairlead/runtime';
import { fairleadConfigSchema, type FairleadConfig } from '../config.ts';
import { UsageError } from '../exit.ts';

/** Options of every command that works on a router. */
export interface RouterOptions {
  readonly config: string;
  /** Another user than the one of the configuration; the password is in FAIRLEAD_ROUTER_PASSWORD. */
  readonly user?: string;
  readonly timeout: number;
}

/** @throws ConfigError, UsageError when the configuration has no such router */
export async function findRouter(
  name: string,
  file: string,
): Promise<{ readonly config: FairleadConfig; readonly router: Router }> {
  const config = await loadConfig(fairleadConfigSchema, file, process.env);
  const router = config.routers.find((entry) => [entry.name, entry.address].includes(name));
  if (!router) {
    const known = config.routers.map((entry) => entry.name).join(', ');
    throw new UsageError(`${file} has no router ${name}; it has: ${known === '' ? 'none' : known}`);
  }
  return { config, router };
}

/**
 * Gives a function that opens sessions with this router.
 * @throws UsageError when the configuration says no way to reach it, or the password is missing
 */
export function sessionOpener(
  router: Router,
  { user, timeout }: Pick<RouterOptions, 'user' | 'timeout'>,
  allow: readonly AllowedCommand[],
): () => Promise<RouterosSession> {
  const { api } = router;
  if (!api) throw new UsageError(`${router.name} has no api in the configuration`);
  const password = process.env['FAIRLEAD_ROUTER_PASSWORD'];
  if (user !== undefined && password === undefined) {
    throw new UsageError(`put the password of ${user} into the environment: FAIRLEAD_ROUTER_PASSWORD`);
  }
  const as = user === undefined ? {} : { user, password: password ?? '' };
  return () =>
    openRouterSession({ address: router.address, api: { ...api, ...as } }, { allow, timeoutMs: timeout });
}
