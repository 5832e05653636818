import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** Whether a request may name this host. */
export type HostCheck = (host: string | undefined) => boolean;

/**
 * Refuses what DNS rebinding needs: a name of somebody else's that leads to our address, so that their page counts as
 * ours. Addresses cannot be rebound; names have to be those of this machine or of the configuration.
 */
export function createHostCheck(hosts: readonly string[]): HostCheck {
  const names = new Set(['localhost', hostname(), ...hosts].map((name) => name.toLowerCase()));
  return (host) => {
    if (host === undefined || !URL.canParse(`http://${host}`)) return false;
    const name = new URL(`http://${host}`).hostname;
    return names.has(name) || name.endsWith('.localhost') || isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0;
  };
}
