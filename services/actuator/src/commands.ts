import type { AllowedCommand } from '@fairlead/routeros';
import { PRINT_CONNECTIONS, REMOVE_CONNECTION } from './connection-removal/read-connections.ts';
import { ADD_ENTRY, REMOVE_ENTRY } from './lease.ts';

export const SET_RULE = '/ip/firewall/mangle/set';

/**
 * All that a session of this service can send: what the rails read, its lease, one property of one kind of rule, and the
 * removal of connections by their ids.
 */
export const actuatorCommands: readonly AllowedCommand[] = [
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
