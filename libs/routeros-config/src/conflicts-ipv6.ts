import type { Configuration } from './configuration.ts';
import {
  createForeignView,
  defaultRoutes,
  fastTrack,
  foreignMangle,
  routesOfClients,
  type Conflict,
} from './conflicts.ts';
import type { DesiredConfiguration } from './generate.ts';

/** What of IPv6 somebody else's configuration and Fairlead's cannot both have, where IPv6 is steered. */
export function ipv6Conflicts(desired: DesiredConfiguration, current: Configuration): Conflict[] {
  if (!desired.site.ipv6) return [];
  const foreign = createForeignView(desired, current);
  return [
    // RouterOS has FastTrack of IPv6 since 7.18.
    ...fastTrack(foreign, ['/ipv6 firewall filter', '/ipv6 firewall mangle']),
    ...foreignMangle(foreign, '/ipv6 firewall mangle'),
    ...defaultRoutes(desired, foreign, '/ipv6 route'),
    ...routesOfClients(desired, foreign, [['/ipv6 dhcp-client', 'no']]),
    ...advertisedRoutes(current),
  ];
}

/** A router that forwards takes default routes from others' advertisements only where it is told to. */
function advertisedRoutes({ settings }: Configuration): Conflict[] {
  const accepts = settings.get('/ipv6 settings')?.['accept-router-advertisements'];
  return accepts === 'yes'
    ? [
        {
          name: 'foreign-default-route',
          message: "router advertisements of the providers put default routes into main, beside Fairlead's",
          object: '/ipv6 settings set accept-router-advertisements=yes',
          remedy: 'set accept-router-advertisements=no; the gateways are in `wans[].ipv6.gateway`',
        },
      ]
    : [];
}
