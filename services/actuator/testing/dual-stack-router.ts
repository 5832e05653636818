import type { RouterSim } from '@fairlead/router-sim';
import { generate, planChanges, showOperations } from '@fairlead/routeros-config';
import { type SteeredWan, STEERING_RULE } from './steered-router.ts';

/** What `fairlead apply` makes of a router that steers IPv6 too, in RouterOS text. */
export function dualStackConfiguration(wans: readonly SteeredWan[]): string {
  const nothing = { lists: new Map(), settings: new Map() };
  const desired = generate({
    ...{ routerOs: { major: 7, minor: 20 }, strategy: 'balance', steeringComment: STEERING_RULE },
    wans: wans.map((wan, i) => ({
      ...{ ...wan, gateway: `198.51.${100 + i}.1`, capacity: { rx: 50e6, tx: 10e6 } },
      probeHosts: [`192.0.2.${i + 1}`, `192.0.2.${i + 11}`],
      ipv6: { gateway: `fe80::1%${wan.interface}`, translations: [{ from: 'fd00:1::/48' }] },
    })),
    ...{ lanNetworks: ['192.168.88.0/24'], connectedNetworks: ['192.168.88.0/24'] },
    ipv6: { lanNetworks: ['fd00:1::/48'], connectedNetworks: ['fd00:1::/48'] },
  });
  const ports = wans.map((wan) => ({ name: wan.interface }));
  const { operations } = planChanges(desired, { ...nothing, lists: new Map([['/interface', ports]]) });
  return showOperations(nothing, operations);
}

/** The id of the steering rule of IPv6, and the mark that it says; undefined where it is not there exactly once. */
export function ipv6RuleOf(sim: RouterSim): { readonly id: string; readonly mark: string } | undefined {
  const rules = sim.config.mangle6
    .items()
    .filter(({ properties }) => properties['comment'] === STEERING_RULE);
  const [rule] = rules;
  return rule && rules.length === 1
    ? { id: rule.id, mark: rule.properties['new-routing-mark'] ?? '' }
    : undefined;
}
