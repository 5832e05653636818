import type { Router } from '@fairlead/model';
import type { SnmpSessionOptions } from '@fairlead/snmp';

export type SnmpRouter = Router & { readonly snmp: NonNullable<Router['snmp']> };

export const hasSnmp = (router: Router): router is SnmpRouter => router.snmp !== undefined;

/** How the agent of a router is asked; retries fit into the interval. */
export function agentAccess({ address, snmp }: SnmpRouter, retries: number): SnmpSessionOptions {
  const { port, community, user, timeoutMs, intervalMs } = snmp;
  const common = { host: address, port, retries };
  if (!user) return { ...common, timeoutMs, access: { community: community?.reveal() ?? '' } };
  const { name, context, auth, priv } = user;
  return {
    ...common,
    timeoutMs: Math.min(timeoutMs, Math.floor(intervalMs / (retries + 1))),
    access: {
      user: {
        name,
        context,
        auth: auth && { protocol: auth.protocol, password: auth.password.reveal() },
        priv: priv && { protocol: priv.protocol, password: priv.password.reveal() },
      },
    },
  };
}
