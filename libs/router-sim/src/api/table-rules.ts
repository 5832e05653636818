import type { TableRules } from './table-editor.ts';

const FIREWALL_MATCHERS = [
  'chain',
  'action',
  'comment',
  'disabled',
  'log',
  'log-prefix',
  'protocol',
  'src-address',
  'dst-address',
  'src-address-list',
  'dst-address-list',
  'dst-address-type',
  'src-port',
  'dst-port',
  'in-interface',
  'out-interface',
  'in-interface-list',
  'out-interface-list',
  'connection-state',
  'connection-mark',
  'connection-nat-state',
  'routing-mark',
  'packet-mark',
  'jump-target',
];

const MANGLE_ACTIONS = [
  'accept',
  'change-dscp',
  'change-mss',
  'change-ttl',
  'fasttrack-connection',
  'jump',
  'log',
  'mark-connection',
  'mark-packet',
  'mark-routing',
  'passthrough',
  'return',
];

const FILTER_ACTIONS = [
  'accept',
  'drop',
  'fasttrack-connection',
  'jump',
  'log',
  'passthrough',
  'reject',
  'return',
  'tarpit',
];

const IPV6_MATCHERS = ['headers', 'hop-limit', 'src-prefix', 'dst-prefix'];

/** The same rules for IPv6. */
export const withIpv6 = (rules: TableRules): TableRules => ({
  ...rules,
  known: new Set([...rules.known, ...IPV6_MATCHERS]),
});

export const tableProperties: TableRules = {
  noun: 'routing table',
  known: new Set(['name', 'fib', 'comment', 'disabled']),
  required: ['name'],
  allowed: {},
  booleans: ['disabled'],
};

/** @param tableNames absent where a routing mark may be any text */
export const mangleProperties = (tableNames?: () => string[]): TableRules => ({
  noun: 'mangle rule',
  known: new Set([
    ...FIREWALL_MATCHERS,
    'passthrough',
    'new-connection-mark',
    'new-routing-mark',
    'new-packet-mark',
    'per-connection-classifier',
    'nth',
    'random',
  ]),
  required: ['chain'],
  allowed: { action: () => MANGLE_ACTIONS, ...(tableNames && { 'new-routing-mark': tableNames }) },
  booleans: ['disabled', 'log', 'passthrough'],
});

export const filterProperties: TableRules = {
  noun: 'filter rule',
  known: new Set([...FIREWALL_MATCHERS, 'hw-offload']),
  required: ['chain'],
  allowed: { action: () => FILTER_ACTIONS },
  booleans: ['disabled', 'log', 'hw-offload'],
};

export const trafficMonitorProperties = (interfaceNames: () => string[]): TableRules => ({
  noun: 'traffic monitor',
  known: new Set(['name', 'interface', 'traffic', 'trigger', 'threshold', 'on-event', 'comment', 'disabled']),
  required: ['name', 'interface'],
  allowed: {
    interface: interfaceNames,
    traffic: () => ['received', 'transmitted'],
    trigger: () => ['above', 'below', 'always'],
  },
  booleans: ['disabled'],
});
