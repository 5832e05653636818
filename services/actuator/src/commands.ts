import type { AllowedCommand } from '@fairlead/routeros';
import { PRINT_CONNECTIONS, REMOVE_CONNECTION } from './connection-removal/read-connections.ts';
import { IPV4, IPV6 } from './family.ts';
import { ADD_ENTRY, REMOVE_ENTRY } from './lease.ts';

export const SET_RULE = `${IPV4.mangle}/set`;

const ipv4Commands: readonly AllowedCommand[] = [
  '/interface/print',
  '/ip/firewall/filter/print',
  '/ip/firewall/mangle/print',
  '/ip/route/print',
  '/routing/table/print',
  '/system/resource/print',
  '/tool/traffic-monitor/print',
  '/ip/firewall/address-list/print',
  { command: ADD_ENTRY, attributes: ['list', 'address', 'timeout', 'comment'] },
  { command: REMOVE_ENTRY, attributes: ['.id'] },
  PRINT_CONNECTIONS,
  { command: REMOVE_CONNECTION, attributes: ['.id'] },
  { command: SET_RULE, attributes: ['.id', 'new-routing-mark'] },
];

const ipv6Commands: readonly AllowedCommand[] = [
  `${IPV6.filter}/print`,
  `${IPV6.mangle}/print`,
  `${IPV6.route}/print`,
  { command: `${IPV6.mangle}/set`, attributes: ['.id', 'new-routing-mark'] },
];

/**
 * All that a session of this service can send: what the rails read, its lease, one property of one kind of rule, and the
 * removal of connections by their ids; of IPv6 nothing at all unless that is steered.
 */
export const actuatorCommands = (steersIpv6: boolean): readonly AllowedCommand[] =>
  steersIpv6 ? [...ipv4Commands, ...ipv6Commands] : ipv4Commands;
