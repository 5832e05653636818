import { isWithin, type Router, steersParts } from '@fairlead/model';
import { siteProblems, type SiteDescription, type WanIpv6 } from '@fairlead/routeros-config';
import { UsageError } from '../exit.ts';

/** `7.20.1 (stable)` in parts. */
export interface RouterOsVersion {
  readonly major: number;
  readonly minor: number;
}

/** @throws UsageError on what is no version of RouterOS 6 or 7 */
export function parseVersion(text: string): RouterOsVersion {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(text) ?? [];
  if (major !== '6' && major !== '7') throw new UsageError(`"${text}" is no version of RouterOS 6 or 7`);
  return { major: Number(major), minor: Number(minor) };
}

/**
 * What the configuration says of a router, as its set-up is made from.
 * @throws UsageError where it says nothing, or nothing that can be made
 */
export function describeSite(router: Router, version: RouterOsVersion): SiteDescription {
  const { setup } = router;
  if (!setup) throw new UsageError(`${router.name} has no setup in the configuration`);
  const { telemetry } = setup;
  const site: SiteDescription = {
    routerOs: { major: version.major === 6 ? 6 : 7, minor: version.minor },
    strategy: setup.strategy,
    wans: router.wans.map((wan) => ({
      name: wan.name,
      interface: wan.interface,
      gateway: wan.gateway ?? wan.interface,
      capacity: wan.capacity,
      routingMark: wan.routingMark,
      ...(wan.weight !== undefined && { weight: wan.weight }),
      probeHosts: wan.probeHosts ?? ['', ''],
      ...describeIpv6(router, wan),
    })),
    lanNetworks: setup.lanNetworks,
    connectedNetworks: [...new Set([...setup.lanNetworks, ...setup.connectedNetworks])],
    steeringComment: router.steering?.rule ?? 'Load-Balancing here',
    ...(router.steering &&
      steersParts(router.steering.policy) && { parts: router.steering.policy.denominator }),
    deadMan: setup.deadMan,
    ...(telemetry && {
      telemetry: {
        collector: telemetry.collector,
        netflowPort: telemetry.netflowPort,
        syslogPort: telemetry.syslogPort,
        ...(telemetry.snmpCommunity !== undefined && { snmpCommunity: telemetry.snmpCommunity }),
      },
    }),
    ...(setup.access && { access: setup.access }),
    ...(router.steering?.ipv6 &&
      setup.ipv6 && {
        ipv6: {
          lanNetworks: setup.ipv6.lanNetworks,
          connectedNetworks: [...new Set([...setup.ipv6.lanNetworks, ...setup.ipv6.connectedNetworks])],
        },
      }),
  };
  const [problem] = siteProblems(site);
  if (problem !== undefined) throw new UsageError(`${router.name}: ${problem}`);
  return site;
}

/** What has the prefix of the WAN already is not translated; nothing at all where IPv6 is left alone. */
function describeIpv6({ steering, setup }: Router, { ipv6 }: Router['wans'][number]): { ipv6?: WanIpv6 } {
  if (!steering?.ipv6 || !setup?.ipv6 || !ipv6) return {};
  const { gateway, prefix } = ipv6;
  const { translation } = steering.ipv6;
  const foreign = setup.ipv6.lanNetworks.filter((lan) => prefix === undefined || !isWithin(lan, prefix));
  const translations = foreign.map((from) => ({
    from,
    ...(translation === 'netmap' && prefix !== undefined && { to: prefix }),
  }));
  return { ipv6: { gateway, translations: translation === 'none' ? [] : translations } };
}
