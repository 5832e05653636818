import { readFile } from 'node:fs/promises';
import type { TlsTrust } from './certificate.ts';
import { connectRouteros, type RouterosOptions } from './connect.ts';
import { CertificateError } from './errors.ts';
import type { RouterosSession } from './session.ts';

const TLS_PORT = 8729;
const PLAIN_PORT = 8728;

/** How the inventory says to reach a router; `ca` is the name of a file. */
export interface ApiAccess {
  readonly port?: number | undefined;
  readonly tls: false | TlsTrust;
  readonly user: string;
  readonly password: RouterosOptions['password'];
  readonly login?: RouterosOptions['login'];
}

/**
 * A session with a router of the inventory: fills in the port (8729 with TLS, 8728 without) and reads the CA file.
 * @throws like connectRouteros; CertificateError when the CA file cannot be read
 */
export async function openRouterSession(
  router: { readonly address: string; readonly api: ApiAccess },
  options: Omit<RouterosOptions, 'host' | 'port' | 'tls' | 'user' | 'password' | 'login'>,
): Promise<RouterosSession> {
  const { port, tls, user, password, login } = router.api;
  return connectRouteros({
    ...options,
    host: router.address,
    port: port ?? (tls === false ? PLAIN_PORT : TLS_PORT),
    tls: tls === false || tls.ca === undefined ? tls : { ...tls, ca: await readCa(tls.ca) },
    user,
    password,
    login,
  });
}

async function readCa(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CertificateError(`cannot read the CA file ${file}: ${String(cause)}`, undefined);
  }
}
