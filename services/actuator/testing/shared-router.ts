import type { RouterSim } from '@fairlead/router-sim';
import { generate, partComment, planChanges, showOperations } from '@fairlead/routeros-config';
import { type SteeredWan, STEERING_RULE } from './steered-router.ts';

/** What `fairlead apply` makes of a router for a policy of parts, in RouterOS text. */
export function sharedConfiguration(
  wans: readonly SteeredWan[],
  parts: number,
  rest: { readonly deadMan?: boolean } = {},
): string {
  const nothing = { lists: new Map(), settings: new Map() };
  const desired = generate({
    ...{ routerOs: { major: 7, minor: 20 }, strategy: 'pcc', parts, steeringComment: STEERING_RULE, ...rest },
    wans: wans.map((wan, i) => ({
      ...{ ...wan, gateway: `198.51.${100 + i}.1`, capacity: { rx: 50e6, tx: 10e6 } },
      probeHosts: [`192.0.2.${i + 1}`, `192.0.2.${i + 11}`],
    })),
    ...{ lanNetworks: ['192.168.88.0/24'], connectedNetworks: ['192.168.88.0/24'] },
  });
  const ports = wans.map((wan) => ({ name: wan.interface }));
  const { operations } = planChanges(desired, { ...nothing, lists: new Map([['/interface', ports]]) });
  return showOperations(nothing, operations);
}

/** The marks of the parts of new connections, in their order; undefined where a rule is not there exactly once. */
export function partMarksOf(sim: RouterSim, parts: number): string[] | undefined {
  const marks = Array.from({ length: parts }, (_, part) => {
    const comment = partComment(STEERING_RULE, parts, part);
    const rules = sim.config.mangle.items().filter(({ properties }) => properties['comment'] === comment);
    return rules.length === 1 ? rules[0]?.properties['new-routing-mark'] : undefined;
  });
  return marks.some((mark) => mark === undefined) ? undefined : (marks as string[]);
}

/** How many parts each WAN has; undefined where a rule is not there exactly once. */
export function weightsOf(sim: RouterSim, wans: readonly SteeredWan[], parts: number): number[] | undefined {
  const marks = partMarksOf(sim, parts);
  return marks && wans.map(({ routingMark }) => marks.filter((mark) => mark === routingMark).length);
}
