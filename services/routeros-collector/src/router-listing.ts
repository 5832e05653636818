import type {
  DefaultRoute,
  NetwatchEntry,
  Router,
  RouterAddress,
  RouterInterface,
  RouterState,
  RoutingTable,
  SteeringRule,
  SteeringScript,
} from '@fairlead/model';
import type { Menu } from './commands.ts';
import type { RouterosCollectorConfig } from './config.ts';
import { MANGLE } from './read-router.ts';
import type { Section, SectionReader, SectionReading } from './read-section.ts';
import {
  ADDRESS,
  INTERFACE,
  NETWATCH,
  type Properties,
  ROUTE,
  RULE,
  TABLE,
  toAddress,
  toDefaultRoute,
  toInterface,
  toNetwatch,
  toRoutingTable,
  toRule,
} from './state-records.ts';
import { findSteeringScripts } from './steering-scripts.ts';

/** What could not be given in full. */
interface Gaps {
  readonly leftOut: RouterState['leftOut'];
  readonly unread: RouterState['unread'];
}

/** What fails by itself. */
export interface StatusListing extends Gaps {
  readonly defaultRoutes: DefaultRoute[];
  readonly netwatch: NetwatchEntry[];
}

/** What people change. */
export interface SetupListing extends Gaps {
  readonly identity: string;
  readonly version: string;
  readonly boardName: string;
  readonly architecture: string;
  readonly interfaces: RouterInterface[];
  readonly addresses: RouterAddress[];
  readonly routingTables: RoutingTable[];
  readonly steeringRules: SteeringRule[];
  readonly fasttrackRules: SteeringRule[];
}

/** What is large to read and changes least. */
export interface ScriptsListing extends Gaps {
  readonly steeringScripts: SteeringScript[];
}

/*
 * One menu after the other: a router has little to do at a time, and what it could send at once is bounded.
 */

type Limits = RouterosCollectorConfig['limits'];

const FASTTRACK = 'fasttrack-connection';
const plain = (properties: Properties): Properties => properties;

export async function readStatus(reader: SectionReader, { rows }: Limits): Promise<StatusListing> {
  const route = (menu: Menu, destination: string): Section<DefaultRoute> => ({
    menu,
    properties: ROUTE,
    queries: [`?dst-address=${destination}`],
    maxRows: rows,
    toRecord: toDefaultRoute,
  });
  const routes4 = await reader.read(route('/ip/route', '0.0.0.0/0'));
  const routes6 = await reader.read(route('/ipv6/route', '::/0'));
  const netwatch = await reader.read({
    menu: '/tool/netwatch',
    properties: NETWATCH,
    maxRows: rows,
    toRecord: toNetwatch,
  });
  return {
    defaultRoutes: [...routes4.rows, ...routes6.rows],
    netwatch: [...netwatch.rows],
    ...gapsOf([routes4, routes6, netwatch]),
  };
}

export async function readSetup(
  reader: SectionReader,
  { wans }: Pick<Router, 'wans'>,
  { interfaces: maxInterfaces, rows }: Limits,
): Promise<SetupListing> {
  const wanInterfaces = new Set(wans.map((wan) => wan.interface));
  const single = (menu: Menu, properties: string): Section<Properties> => ({
    menu,
    properties,
    maxRows: 1,
    toRecord: plain,
  });
  const address = (menu: Menu): Section<RouterAddress> => ({
    menu,
    properties: ADDRESS,
    maxRows: rows,
    first: (properties) => wanInterfaces.has(properties['interface'] ?? ''),
    toRecord: toAddress,
  });
  const rule = (menu: Menu, actions: readonly string[]): Section<SteeringRule> => ({
    menu,
    properties: RULE,
    stats: true,
    queries: actions.map((action) => `?action=${action}`),
    maxRows: rows,
    toRecord: toRule(menu),
  });
  const marking = ['mark-routing', 'mark-connection', FASTTRACK];
  const identity = await reader.read(single('/system/identity', 'name'));
  const resource = await reader.read(single('/system/resource', 'version,board-name,architecture-name'));
  const interfaces = await reader.read({
    menu: '/interface',
    properties: INTERFACE,
    maxRows: maxInterfaces,
    first: (properties) => wanInterfaces.has(properties['name'] ?? ''),
    toRecord: toInterface,
  });
  const addresses4 = await reader.read(address('/ip/address'));
  const addresses6 = await reader.read(address('/ipv6/address'));
  const tables = await reader.read({
    menu: '/routing/table',
    properties: TABLE,
    maxRows: rows,
    toRecord: toRoutingTable,
  });
  const mangle4 = await reader.read(rule(MANGLE, marking));
  const mangle6 = await reader.read(rule('/ipv6/firewall/mangle', marking));
  const filter4 = await reader.read(rule('/ip/firewall/filter', [FASTTRACK]));
  const filter6 = await reader.read(rule('/ipv6/firewall/filter', [FASTTRACK]));
  const rules = [mangle4, mangle6, filter4, filter6].flatMap((section) => section.rows);
  const system = resource.rows[0] ?? {};
  return {
    identity: identity.rows[0]?.['name'] ?? '',
    version: system['version'] ?? '',
    boardName: system['board-name'] ?? '',
    architecture: system['architecture-name'] ?? '',
    interfaces: [...interfaces.rows],
    addresses: [...addresses4.rows, ...addresses6.rows],
    routingTables: [...tables.rows],
    steeringRules: rules.filter(({ action }) => action !== FASTTRACK),
    fasttrackRules: rules.filter(({ action }) => action === FASTTRACK),
    ...gapsOf([interfaces, addresses4, addresses6, tables, mangle4, mangle6, filter4, filter6]),
  };
}

export async function readScripts(reader: SectionReader, { rows }: Limits): Promise<ScriptsListing> {
  const read = (menu: Menu, properties: string): Promise<SectionReading<Properties>> =>
    reader.read({ menu, properties, maxRows: rows, toRecord: plain });
  const scripts = await read('/system/script', '.id,name,comment,source');
  const schedulers = await read('/system/scheduler', '.id,name,comment,disabled,on-event');
  const trafficMonitors = await read('/tool/traffic-monitor', '.id,name,comment,disabled,on-event');
  const netwatch = await read(
    '/tool/netwatch',
    '.id,host,name,comment,disabled,up-script,down-script,test-script',
  );
  return {
    steeringScripts: findSteeringScripts({
      scripts: scripts.rows,
      schedulers: schedulers.rows,
      trafficMonitors: trafficMonitors.rows,
      netwatch: netwatch.rows,
    }),
    // Netwatch says of itself in the status what is missing.
    ...gapsOf([scripts, schedulers, trafficMonitors]),
  };
}

function gapsOf(sections: readonly SectionReading<unknown>[]): Gaps {
  return {
    leftOut: sections.flatMap(({ menu, leftOut }) => (leftOut > 0 ? [{ menu, count: leftOut }] : [])),
    unread: sections.flatMap(({ menu, unread }) => (unread === undefined ? [] : [{ menu, reason: unread }])),
  };
}
