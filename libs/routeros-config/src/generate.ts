import type { Properties } from './configuration.ts';
import { deadManScheduler } from './dead-man.ts';
import { IPV6_LOCAL, ipv6Objects } from './generate-ipv6.ts';
import { CONNECTED_LIST, LAN_LIST, mangleRules, STEER, STEER_PART } from './generate-mangle.ts';
import { routes } from './generate-routes.ts';
import { canonical, TAG, type ManagedMenu } from './menu-facts.ts';
import { partComment, partsOf, type SiteDescription } from './site.ts';

/** One object that a router shall have. `live` is a property that changes while all runs: any of these values is right. */
export interface DesiredObject {
  readonly menu: ManagedMenu;
  readonly properties: Properties;
  readonly live?: { readonly property: string; readonly allowed: readonly string[] };
}

/** Properties of a menu that has no objects, or of one fixed item of it. */
export interface DesiredSettings {
  readonly menu: string;
  readonly item?: string;
  readonly properties: Properties;
}

/** All that Fairlead wants on a router. */
export interface DesiredConfiguration {
  readonly site: SiteDescription;
  readonly objects: readonly DesiredObject[];
  readonly settings: readonly DesiredSettings[];
}

/** What syslog sends of: one rule each, because the topics of a rule must all be met. */
const SYSLOG_TOPICS = ['interface', 'dhcp', 'ppp', 'system', 'firewall', 'script'];

/** The complete configuration of a site that `siteProblems` finds nothing wrong with; each object carries Fairlead's tag. */
export function generate(site: SiteDescription): DesiredConfiguration {
  const marks = site.wans.map(({ routingMark }) => routingMark);
  const tagged = (menu: ManagedMenu, id: string, properties: Properties): DesiredObject => ({
    menu,
    properties: canonical(menu, { ...properties, comment: `${TAG}${id}` }),
  });
  const mangle = (menu: ManagedMenu): DesiredObject[] =>
    mangleRules(site).map(([id, rule]) => {
      const comment = steeringCommentOf(id, site);
      if (comment === undefined) return tagged(menu, id, rule);
      return {
        menu,
        properties: canonical(menu, { ...rule, comment }),
        live: { property: 'new-routing-mark', allowed: marks },
      };
    });
  const { ipv6 } = site;
  const objects: DesiredObject[] = [
    ...(site.routerOs.major === 7
      ? marks.map((mark) => tagged('/routing table', `table-${mark}`, { fib: '', name: mark }))
      : []),
    ...addressList('/ip firewall address-list', LAN_LIST, site.lanNetworks),
    ...addressList('/ip firewall address-list', CONNECTED_LIST, site.connectedNetworks),
    ...mangle('/ip firewall mangle'),
    ...site.wans.map((wan) =>
      tagged('/ip firewall nat', `nat-${wan.name}`, {
        chain: 'srcnat',
        'out-interface': wan.interface,
        action: 'masquerade',
      }),
    ),
    ...routes(site).map(([id, route]) => tagged('/ip route', id, route)),
    ...(ipv6
      ? [
          ...addressList('/ipv6 firewall address-list', LAN_LIST, ipv6.lanNetworks),
          ...addressList('/ipv6 firewall address-list', CONNECTED_LIST, [
            ...new Set([...ipv6.connectedNetworks, ...IPV6_LOCAL]),
          ]),
          ...mangle('/ipv6 firewall mangle'),
          ...ipv6Objects(site).map((object) => tagged(...object)),
        ]
      : []),
    ...telemetryObjects(site),
    ...accessObjects(site),
  ];
  const deadMan =
    site.deadMan === true ? [tagged('/system scheduler', 'dead-man', deadManScheduler(objects))] : [];
  return { site, objects: [...objects, ...deadMan], settings: settingsOf(site) };
}

/** Of a rule that is steered; undefined for others. */
function steeringCommentOf(id: string, site: SiteDescription): string | undefined {
  const { steeringComment } = site;
  const parts = partsOf(site);
  if (id === STEER) return steeringComment;
  return parts !== undefined && id.startsWith(STEER_PART)
    ? partComment(steeringComment, parts, Number(id.slice(STEER_PART.length)))
    : undefined;
}

const addressList = (menu: ManagedMenu, list: string, networks: readonly string[]): DesiredObject[] =>
  networks.map((network) => ({
    menu,
    properties: canonical(menu, {
      // A router shows a host of IPv4 without its length.
      address: menu.startsWith('/ip ') ? network.replace(/\/32$/, '') : network,
      list,
      comment: `${TAG}${list} ${network}`,
    }),
  }));

/** Where flows and messages go, and who may ask by SNMP. Menus without comments: see `identityOf`. */
function telemetryObjects({ telemetry, routerOs }: SiteDescription): DesiredObject[] {
  if (!telemetry) return [];
  const plain = (menu: ManagedMenu, properties: Properties): DesiredObject => ({
    menu,
    properties: canonical(menu, properties),
  });
  const hasLogFormat = routerOs.major === 7 && routerOs.minor >= 18;
  const saysDstAddress = routerOs.major === 7 && routerOs.minor >= 15;
  return [
    {
      menu: '/ip traffic-flow target',
      properties: {
        [saysDstAddress ? 'dst-address' : 'address']: telemetry.collector,
        port: String(telemetry.netflowPort),
        'v9-template-timeout': '1m',
        version: 'ipfix',
      },
    },
    ...(telemetry.snmpCommunity === undefined
      ? []
      : [
          plain('/snmp community', { name: telemetry.snmpCommunity, addresses: `${telemetry.collector}/32` }),
        ]),
    plain('/system logging action', {
      name: 'fairlead',
      target: 'remote',
      remote: telemetry.collector,
      'remote-port': String(telemetry.syslogPort),
      ...(hasLogFormat ? { 'remote-log-format': 'syslog' } : { 'bsd-syslog': 'yes' }),
    }),
    ...SYSLOG_TOPICS.map((topics) => plain('/system logging', { topics, action: 'fairlead' })),
  ];
}

/** Groups with no more than is needed, and users who stay disabled until somebody gives them a password. */
function accessObjects({ access }: SiteDescription): DesiredObject[] {
  if (!access) return [];
  return [
    ['fairlead-watch', 'api,read,test'],
    ['fairlead-steer', 'api,read,test,write'],
  ].flatMap(([name = '', policy = '']): DesiredObject[] => [
    { menu: '/user group', properties: canonical('/user group', { name, policy }) },
    {
      menu: '/user',
      properties: canonical('/user', {
        name,
        group: name,
        address: `${access.controller}/32`,
        disabled: 'yes',
        comment: `${TAG}${name}`,
      }),
      live: { property: 'disabled', allowed: ['yes', 'no'] },
    },
  ]);
}

function settingsOf({ telemetry, access, routerOs }: SiteDescription): DesiredSettings[] {
  // called "available-from" since RouterOS 7.24
  const from = routerOs.major === 7 && routerOs.minor >= 24 ? 'available-from' : 'address';
  return [
    ...(telemetry
      ? [
          {
            menu: '/ip traffic-flow',
            properties: { enabled: 'yes', 'active-flow-timeout': '1m', 'inactive-flow-timeout': '15s' },
          },
        ]
      : []),
    ...(telemetry?.snmpCommunity === undefined ? [] : [{ menu: '/snmp', properties: { enabled: 'yes' } }]),
    ...(access
      ? [
          {
            menu: '/ip service',
            item: 'api-ssl',
            properties: {
              disabled: 'no',
              [from]: `${access.controller}/32`,
              certificate: access.certificate,
            },
          },
          { menu: '/ip service', item: 'api', properties: { disabled: 'yes' } },
        ]
      : []),
  ];
}
