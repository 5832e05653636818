import type { SimulatedWan } from '../options.ts';
import type { Properties } from './config-table.ts';

/**
 * The mangle rules of the MUM presentation "Bandwidth-based load-balancing with failover" for any number of WANs, in
 * its order. The rule with the steering comment sees the first packet of each connection from the LAN; the rules after
 * it make the choice stick.
 */
export function bandwidthBasedRules(
  wans: readonly Pick<SimulatedWan, 'interface' | 'routingMark'>[],
  steeringComment: string,
): Properties[] {
  const perWan = (rule: (wan: (typeof wans)[number], number: number) => Properties): Properties[] =>
    wans.map((wan, index) => ({ ...rule(wan, index + 1), passthrough: 'true' }));
  const fromLan = { chain: 'prerouting', 'src-address-list': 'LAN' };
  return [
    {
      chain: 'prerouting',
      'src-address-list': 'Connected',
      'dst-address-list': 'Connected',
      action: 'accept',
    },
    ...perWan((wan, n) => ({
      chain: 'input',
      'connection-mark': 'no-mark',
      'in-interface': wan.interface,
      action: 'mark-connection',
      'new-connection-mark': `WAN${n}->ROS`,
    })),
    ...perWan((wan, n) => ({
      chain: 'output',
      'connection-mark': `WAN${n}->ROS`,
      action: 'mark-routing',
      'new-routing-mark': wan.routingMark,
    })),
    ...perWan((wan, n) => ({
      chain: 'forward',
      'connection-mark': 'no-mark',
      'in-interface': wan.interface,
      action: 'mark-connection',
      'new-connection-mark': `WAN${n}->LANs`,
    })),
    ...perWan((wan, n) => ({
      ...fromLan,
      'connection-mark': `WAN${n}->LANs`,
      action: 'mark-routing',
      'new-routing-mark': wan.routingMark,
    })),
    {
      ...fromLan,
      'connection-mark': 'no-mark',
      'dst-address-list': '!Connected',
      'dst-address-type': '!local',
      action: 'mark-connection',
      'new-connection-mark': 'LAN->WAN',
      passthrough: 'true',
    },
    {
      ...fromLan,
      'connection-mark': 'LAN->WAN',
      action: 'mark-routing',
      'new-routing-mark': wans[0]?.routingMark ?? '',
      passthrough: 'true',
      comment: steeringComment,
    },
    ...perWan((wan, n) => ({
      chain: 'prerouting',
      'connection-mark': 'LAN->WAN',
      'routing-mark': wan.routingMark,
      action: 'mark-connection',
      'new-connection-mark': `Sticky_ISP${n}`,
    })),
    ...perWan((wan, n) => ({
      ...fromLan,
      'connection-mark': `Sticky_ISP${n}`,
      action: 'mark-routing',
      'new-routing-mark': wan.routingMark,
    })),
  ];
}
