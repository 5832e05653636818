import type { Configuration, Properties } from './configuration.ts';
import { CONNECTED_LIST, LAN_LIST } from './generate-mangle.ts';

/** A menu as it is read by the API, with the properties that matter of it. */
export interface MenuReading {
  /** `/ip firewall mangle` */
  readonly menu: string;
  readonly properties: readonly string[];
  /** Query words that leave out what does not matter where there may be very many. */
  readonly queries?: readonly string[];
  /** A menu without objects, or with fixed ones that have names. */
  readonly isSettings?: 'single' | 'named';
  /** Not on every version, model or set of packages. */
  readonly isOptional?: boolean;
}

const FIREWALL =
  `action,chain,comment,disabled,log,log-prefix,jump-target,protocol,src-address,dst-address,src-address-list,
dst-address-list,src-address-type,dst-address-type,src-port,dst-port,port,any-port,in-interface,out-interface,in-interface-list,
out-interface-list,in-bridge-port,out-bridge-port,connection-state,connection-mark,connection-nat-state,connection-type,
connection-bytes,connection-rate,connection-limit,routing-mark,routing-table,packet-mark,packet-size,
per-connection-classifier,nth,random,limit,dst-limit,content,layer7-protocol,tls-host,tcp-flags,tcp-mss,icmp-options,
ipv4-options,ipsec-policy,src-mac-address,hotspot,fragment,dscp,priority,ingress-priority,psd,time,ttl,realm,
address-list,address-list-timeout`
    .split(',')
    .map((name) => name.trim());

const list = (names: string): readonly string[] => names.split(',');

const IPV6_FIREWALL = list('headers,hop-limit,src-prefix,dst-prefix');
const MARKS = list(
  'passthrough,new-connection-mark,new-routing-mark,new-packet-mark,new-mss,new-dscp,new-priority',
);
const ROUTE = list(
  'dst-address,gateway,distance,scope,target-scope,check-gateway,routing-table,pref-src,blackhole,comment,disabled,suppress-hw-offload',
);
const STATIC = ['?static=true', '?dynamic=false', '?#|'];

const fairleadLists = (menu: string): MenuReading => ({
  menu,
  properties: list('list,address,comment,disabled'),
  queries: [`?list=${LAN_LIST}`, `?list=${CONNECTED_LIST}`, '?#|'],
});

/**
 * All that is read of a router before anything is planned: what Fairlead manages, and what may stand in its way. Properties that
 * a version does not have are left out by the router.
 */
export const menuReadings: readonly MenuReading[] = [
  { menu: '/routing table', properties: list('name,fib,comment,disabled'), isOptional: true },
  fairleadLists('/ip firewall address-list'),
  {
    menu: '/ip firewall mangle',
    properties: [...FIREWALL, ...MARKS, ...list('new-ttl,route-dst')],
  },
  {
    menu: '/ip firewall nat',
    properties: [...FIREWALL, ...list('to-addresses,to-ports,randomise-ports')],
  },
  {
    menu: '/ip route',
    properties: [...ROUTE, 'routing-mark'],
    queries: STATIC,
  },
  { ...fairleadLists('/ipv6 firewall address-list'), isOptional: true },
  {
    menu: '/ipv6 firewall mangle',
    properties: [...FIREWALL, ...IPV6_FIREWALL, ...MARKS, ...list('new-hop-limit')],
    isOptional: true,
  },
  {
    menu: '/ipv6 firewall nat',
    properties: [...FIREWALL, ...IPV6_FIREWALL, ...list('to-address,to-addresses,to-ports')],
    isOptional: true,
  },
  {
    menu: '/ipv6 route',
    properties: ROUTE,
    queries: STATIC,
    isOptional: true,
  },
  {
    menu: '/ip traffic-flow target',
    properties: list('dst-address,address,port,version,v9-template-refresh,v9-template-timeout,disabled'),
  },
  {
    menu: '/snmp community',
    properties: list('name,addresses,security,read-access,write-access,disabled'),
  },
  {
    menu: '/system logging action',
    properties: list('name,target,remote,remote-port,remote-log-format,bsd-syslog'),
  },
  { menu: '/system logging', properties: list('topics,action,prefix,disabled') },
  { menu: '/user group', properties: list('name,policy,skin') },
  { menu: '/user', properties: list('name,group,address,disabled,comment') },
  {
    menu: '/system scheduler',
    properties: list('name,interval,on-event,policy,disabled,comment,start-time'),
  },
  {
    menu: '/ip traffic-flow',
    isSettings: 'single',
    properties: list('enabled,interfaces,active-flow-timeout,inactive-flow-timeout'),
  },
  { menu: '/snmp', isSettings: 'single', properties: list('enabled') },
  {
    menu: '/ip service',
    isSettings: 'named',
    properties: list('name,disabled,address,available-from,certificate'),
  },
  { menu: '/system script', properties: list('name,source,comment') },
  { menu: '/ip firewall filter', properties: list('action,chain,connection-mark,comment,disabled') },
  { menu: '/ip hotspot', properties: list('name,interface,disabled'), isOptional: true },
  {
    menu: '/tool traffic-monitor',
    properties: list('name,on-event,comment,disabled'),
    isOptional: true,
  },
  {
    menu: '/tool netwatch',
    properties: list('host,up-script,down-script,comment,disabled'),
    isOptional: true,
  },
  { menu: '/interface', properties: list('name,default-name,comment,disabled') },
  { menu: '/ip address', properties: list('address,interface,comment,disabled') },
  {
    menu: '/ipv6 address',
    properties: list('address,interface,from-pool,comment,disabled'),
    isOptional: true,
  },
  {
    menu: '/ipv6 firewall filter',
    properties: list('action,chain,connection-mark,comment,disabled'),
    isOptional: true,
  },
  {
    menu: '/ipv6 dhcp-client',
    properties: list('interface,add-default-route,default-route-distance,comment,disabled'),
    isOptional: true,
  },
  {
    menu: '/ipv6 settings',
    isSettings: 'single',
    properties: list('accept-router-advertisements'),
    isOptional: true,
  },
  {
    menu: '/ip dhcp-client',
    properties: list('interface,add-default-route,default-route-distance,comment,disabled'),
    isOptional: true,
  },
  {
    menu: '/interface pppoe-client',
    properties: list('name,add-default-route,default-route-distance,comment,disabled'),
    isOptional: true,
  },
  { menu: '/certificate', properties: list('name'), isOptional: true },
];

const FLAGS: ReadonlySet<string> = new Set([
  'add-default-route',
  'blackhole',
  'bsd-syslog',
  'disabled',
  'enabled',
  'log',
  'passthrough',
  'randomise-ports',
  'read-access',
  'suppress-hw-offload',
  'write-access',
]);

/** Flags that an export shows by their name alone. */
const BARE_FLAGS: ReadonlySet<string> = new Set(['fib', 'blackhole']);

/** What a router has, and the `.id` of each object beside it. */
export interface RouterReading {
  readonly configuration: Configuration;
  readonly ids: ReadonlyMap<string, readonly string[]>;
}

/** The configuration that rows of the API tell; objects that the router made by itself are left out, as in an export. */
export function configurationOfRows(
  rows: ReadonlyMap<string, readonly Readonly<Record<string, string>>[]>,
): RouterReading {
  const lists = new Map<string, readonly Properties[]>();
  const settings = new Map<string, Properties>();
  const ids = new Map<string, readonly string[]>();
  for (const { menu, isSettings } of menuReadings) {
    const all = rows.get(menu) ?? [];
    if (isSettings === 'single') settings.set(menu, propertiesOfRow(all[0] ?? {}));
    else if (isSettings === 'named') {
      for (const row of all) {
        const { name, ...properties } = propertiesOfRow(row);
        // A session that is under way stands beside the service since 7.18, under the same name.
        if (!isDynamic(row)) settings.set(`${menu} ${name ?? ''}`, properties);
      }
    } else {
      const fixed = all.filter((row) => !isDynamic(row));
      if (fixed.length > 0) lists.set(menu, fixed.map(propertiesOfRow));
      ids.set(
        menu,
        fixed.map((row) => row['.id'] ?? ''),
      );
    }
  }
  return { configuration: { lists, settings }, ids };
}

const isDynamic = (row: Readonly<Record<string, string>>): boolean =>
  row['dynamic'] === 'true' || row['dynamic'] === 'yes';

/** The properties of one row as an export writes them. */
export function propertiesOfRow(row: Readonly<Record<string, string>>): Properties {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]): [string, string][] => {
      if (name === '.id' || name === 'dynamic') return [];
      const word = FLAGS.has(name) || BARE_FLAGS.has(name) ? (WORDS[value] ?? value) : value;
      if (BARE_FLAGS.has(name)) return word === 'no' ? [] : [[name, '']];
      return word === '' ? [] : [[name, word]];
    }),
  );
}

const WORDS: Readonly<Record<string, string>> = { true: 'yes', false: 'no' };
