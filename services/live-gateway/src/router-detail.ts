import type { RouterDetail } from '@fairlead/live-protocol';
import { isSteeringRule, type Router, type RouterState } from '@fairlead/model';

/** A router for somebody who looks at it alone: what it said when it was last read. */
export function routerDetail(router: Router, state: RouterState | undefined): RouterDetail {
  const { steering, wans } = router;
  const uptimeMs = state?.uptimeMs;
  return {
    site: router.site,
    router: router.name,
    readMs: state?.timeMs ?? null,
    identity: state?.identity ?? '',
    version: state?.version ?? '',
    board: state?.boardName ?? '',
    architecture: state?.architecture ?? '',
    bootedMs: state && uptimeMs !== undefined ? state.timeMs - Number(uptimeMs) : null,
    rules: (state?.steeringRules ?? [])
      .filter((rule) => steering !== undefined && isSteeringRule(rule, steering.rule))
      .map(({ comment, newRoutingMark, disabled, invalid, packets }) => ({
        ...{ comment, mark: newRoutingMark, disabled, invalid },
        packets: packets === undefined ? null : Number(packets),
      })),
    interfaces: (state?.interfaces ?? []).map(({ name, type, running, disabled, linkDowns, comment }) => ({
      ...{ name, type, running: running ?? null, disabled: disabled ?? null },
      wan: wans.find((wan) => wan.interface === name)?.name ?? '',
      linkDowns: linkDowns ?? null,
      comment: comment ?? '',
    })),
    defaultRoutes: (state?.defaultRoutes ?? []).map((route) => ({
      destination: route.destination,
      table: route.table,
      gateway: route.gateway ?? route.immediateGateway ?? '',
      distance: route.distance ?? null,
      active: route.active,
      disabled: route.disabled ?? false,
    })),
    scripts: (state?.steeringScripts ?? []).map(({ kind, name, why, disabled }) => ({
      ...{ kind, name, why, disabled: disabled ?? false },
    })),
    unread: (state?.unread ?? []).map(({ menu, reason }) => ({ menu, reason })),
  };
}
