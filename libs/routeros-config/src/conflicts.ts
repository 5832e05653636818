import type { Configuration, Properties } from './configuration.ts';
import type { DesiredConfiguration } from './generate.ts';
import { interfaceNames } from './interface-names.ts';
import { defaultOf, identityOf, isSteering, keyOf, menuOrder, TAG } from './menu-facts.ts';
import { showObject } from './show-operations.ts';

/** Why a configuration is not changed. */
export interface Conflict {
  readonly name:
    | 'fasttrack'
    | 'hotspot-with-pcc'
    | 'doubled-object'
    | 'missing-table'
    | 'missing-interface'
    | 'missing-certificate'
    | 'foreign-steering'
    | 'foreign-default-route';
  readonly message: string;
  /** The object that stands in the way, in RouterOS syntax; absent where something is missing. */
  readonly object?: string;
  /** What a person can do about it. */
  readonly remedy: string;
}

/** What somebody else's configuration and Fairlead's cannot both have. */
export function findConflicts(desired: DesiredConfiguration, current: Configuration): Conflict[] {
  const foreign = createForeignView(desired, current);
  return [
    ...fastTrack(foreign, ['/ip firewall filter', '/ip firewall mangle']),
    ...hotspot(desired, foreign),
    ...doubled(desired, current),
    ...foreignMangle(foreign, '/ip firewall mangle'),
    ...foreignScripts(foreign),
    ...tables(desired, foreign),
    ...interfaces(desired, current),
    ...certificate(desired, current),
    ...defaultRoutes(desired, foreign, '/ip route'),
    ...routesOfClients(desired, foreign, [
      ['/ip dhcp-client', 'yes'],
      ['/interface pppoe-client', 'no'],
    ]),
  ];
}

/** The objects of a menu that somebody else has made. */
type ForeignView = (menu: string, options?: { readonly disabledToo: boolean }) => Properties[];

export const createForeignView =
  ({ site }: DesiredConfiguration, current: Configuration): ForeignView =>
  (menu, options) =>
    (current.lists.get(menu) ?? []).filter(
      ({ comment = '', disabled }) =>
        !comment.startsWith(TAG) &&
        !isSteering(comment, site.steeringComment) &&
        (disabled !== 'yes' || options?.disabledToo === true),
    );

export const fastTrack = (foreign: ForeignView, menus: readonly string[]): Conflict[] =>
  menus.flatMap((menu) =>
    foreign(menu)
      .filter((rule) => rule['action'] === 'fasttrack-connection' && rule['connection-mark'] !== 'no-mark')
      .map((rule) => ({
        name: 'fasttrack',
        message:
          'FastTrack takes every connection past mangle, steered ones too: their packets lose the routing mark and are missing in Traffic Flow',
        object: showObject(menu, rule),
        remedy: 'let it have unmarked connections only (connection-mark=no-mark), or disable it',
      })),
  );

const hotspot = ({ site }: DesiredConfiguration, foreign: ForeignView): Conflict[] =>
  site.strategy === 'pcc'
    ? foreign('/ip hotspot').map((server) => ({
        name: 'hotspot-with-pcc',
        message: 'PCC does not work where a HotSpot runs',
        object: showObject('/ip hotspot', server),
        remedy: 'choose another strategy, such as balance',
      }))
    : [];

/** By its comment or name each of Fairlead's objects is found again; two of one would be one too many. */
const doubled = ({ site, objects }: DesiredConfiguration, current: Configuration): Conflict[] =>
  menuOrder.flatMap((menu) => {
    const wanted = new Set(
      objects.filter((object) => object.menu === menu).map(({ properties }) => keyOf(menu, properties)),
    );
    const list = current.lists.get(menu) ?? [];
    const keys = list.map((object) => identityOf(menu, object, site.steeringComment, wanted));
    return list
      .filter((_, at) => keys[at] !== undefined && keys.indexOf(keys[at]) !== keys.lastIndexOf(keys[at]))
      .map((object) => ({
        name: 'doubled-object',
        message: 'this is there more than once, and only one of them can be the one that counts',
        object: showObject(menu, object),
        remedy: 'remove the others, or take their comment or name from them',
      }));
  });

export const foreignMangle = (foreign: ForeignView, menu: string): Conflict[] =>
  foreign(menu)
    .filter(
      (rule) =>
        rule['action'] === 'mark-routing' ||
        rule['per-connection-classifier'] !== undefined ||
        rule['nth'] !== undefined,
    )
    .map((rule) => ({
      name: 'foreign-steering',
      message: 'what stands here steers connections too, and two that steer undo each other',
      object: showObject(menu, rule),
      remedy: 'disable or remove it, or leave it and do without Fairlead here',
    }));

const foreignScripts = (foreign: ForeignView): Conflict[] =>
  (
    [
      ['/tool traffic-monitor', ['on-event']],
      ['/tool netwatch', ['up-script', 'down-script']],
      ['/system scheduler', ['on-event']],
      ['/system script', ['source']],
    ] as const
  ).flatMap(([menu, properties]) =>
    foreign(menu)
      .filter((job) =>
        properties.some((property) =>
          /\bmangle\b[^]*\b(?:new-routing-mark|enable|disable)\b/.test(job[property] ?? ''),
        ),
      )
      .map((job) => ({
        name: 'foreign-steering',
        message: 'a script on the router sets routing marks; it and Fairlead would undo each other',
        object: showObject(menu, job),
        remedy: 'disable or remove it; `deadMan: true` gives a fallback that does not interfere',
      })),
  );

/** A table of somebody else is used if it can be: RouterOS 7 takes a mark only of a table that is there, with `fib`. */
function tables({ site }: DesiredConfiguration, foreign: ForeignView): Conflict[] {
  if (site.routerOs.major === 6) return [];
  return site.wans.flatMap(({ routingMark }): Conflict[] => {
    const table = foreign('/routing table', { disabledToo: true }).find(({ name }) => name === routingMark);
    if (!table || (table['disabled'] !== 'yes' && table['fib'] !== undefined)) return [];
    return [
      {
        name: 'missing-table',
        message: `the routing table ${routingMark} is there and cannot be used: it is disabled, or was made without fib`,
        object: showObject('/routing table', table),
        remedy: 'enable it, or remove it and let Fairlead make it',
      },
    ];
  });
}

function interfaces({ site }: DesiredConfiguration, current: Configuration): Conflict[] {
  const { known, mayHave } = interfaceNames(current);
  return site.wans
    .filter((wan) => !mayHave(wan.interface))
    .map((wan) => ({
      name: 'missing-interface',
      message: `WAN ${wan.name}: the router has no interface ${wan.interface}`,
      remedy:
        known.size > 0
          ? `name one that it has: ${[...known].slice(0, 20).join(', ')}`
          : 'name one that it has',
    }));
}

/** An export does not show certificates, so that this is known only of a router that was asked. */
function certificate({ site }: DesiredConfiguration, current: Configuration): Conflict[] {
  const { certificate: wanted } = site.access ?? {};
  const all = current.lists.get('/certificate');
  if (wanted === undefined || !current.lists.has('/interface')) return [];
  if (all?.some(({ name }) => name === wanted) === true) return [];
  return [
    {
      name: 'missing-certificate',
      message: `there is no certificate ${wanted} for api-ssl, without which nobody could verify the router`,
      remedy: `make it: /certificate add name=${wanted} common-name=… key-usage=tls-server, then /certificate sign ${wanted}`,
    },
  ];
}

export const defaultRoutes = (
  { site }: DesiredConfiguration,
  foreign: ForeignView,
  menu: '/ip route' | '/ipv6 route',
): Conflict[] =>
  foreign(menu)
    .filter((route) => {
      const table = route['routing-table'] ?? route['routing-mark'] ?? 'main';
      const everything = defaultOf(menu, 'dst-address');
      const isDefault = (route['dst-address'] ?? everything) === everything;
      const isOurs = table === 'main' || site.wans.some(({ routingMark }) => routingMark === table);
      return isDefault && isOurs && Number(route['distance'] ?? '1') <= site.wans.length;
    })
    .map((route) => ({
      name: 'foreign-default-route',
      message: `this default route would compete with Fairlead's, which have the distances 1 to ${site.wans.length}`,
      object: showObject(menu, route),
      remedy: `remove it, or give it a distance above ${site.wans.length} and it stays as the last resort`,
    }));

/** Clients that put a default route into main by themselves. PPPoE does so only where it is told to. */
export const routesOfClients = (
  { site }: DesiredConfiguration,
  foreign: ForeignView,
  clients: readonly (readonly [menu: string, unlessSaid: string])[],
): Conflict[] =>
  clients.flatMap(([menu, unlessSaid]) =>
    foreign(menu)
      .filter(
        (client) =>
          (client['add-default-route'] ?? unlessSaid) !== 'no' &&
          Number(client['default-route-distance'] ?? '1') <= site.wans.length,
      )
      .map((client) => ({
        name: 'foreign-default-route',
        message: `this client puts a default route of distance ${client['default-route-distance'] ?? '1'} into main, beside Fairlead's`,
        object: showObject(menu, client),
        remedy: `set add-default-route=no, or default-route-distance above ${site.wans.length}`,
      })),
  );
