import type { Configuration, Properties } from './configuration.ts';
import type { DesiredConfiguration } from './generate.ts';
import { defaultOf, TAG } from './menu-facts.ts';

/** Why a configuration is not changed, by name, with the object that stands in the way as it was read. */
export interface Conflict {
  readonly name:
    | 'fasttrack'
    | 'hotspot-with-pcc'
    | 'missing-table'
    | 'missing-interface'
    | 'foreign-steering'
    | 'foreign-default-route';
  readonly message: string;
}

/** What somebody else's configuration and Fairlead's cannot both have. */
export function findConflicts(desired: DesiredConfiguration, current: Configuration): Conflict[] {
  const { site } = desired;
  const enabled = (menu: string): Properties[] =>
    (current.lists.get(menu) ?? []).filter(({ disabled }) => disabled !== 'yes');
  const isForeign = ({ comment = '' }: Properties): boolean =>
    !comment.startsWith(TAG) && comment !== site.steeringComment;
  const conflicts: Conflict[] = [];
  const add = (name: Conflict['name'], message: string): void => void conflicts.push({ name, message });

  for (const menu of ['/ip firewall filter', '/ip firewall mangle']) {
    for (const rule of enabled(menu)) {
      if (rule['action'] === 'fasttrack-connection' && rule['connection-mark'] !== 'no-mark') {
        add(
          'fasttrack',
          `${menu}: FastTrack takes marked connections past mangle${named(rule)}; give it connection-mark=no-mark`,
        );
      }
    }
  }
  if (site.strategy === 'pcc' && enabled('/ip hotspot').length > 0) {
    add('hotspot-with-pcc', '/ip hotspot: PCC does not work where a HotSpot runs');
  }
  for (const rule of enabled('/ip firewall mangle').filter(isForeign)) {
    if (
      rule['action'] === 'mark-routing' ||
      rule['per-connection-classifier'] !== undefined ||
      rule['nth'] !== undefined
    ) {
      add('foreign-steering', `/ip firewall mangle: a rule of somebody else steers too${named(rule)}`);
    }
  }
  for (const [menu, properties] of [
    ['/tool traffic-monitor', ['on-event']],
    ['/tool netwatch', ['up-script', 'down-script']],
    ['/system scheduler', ['on-event']],
    ['/system script', ['source']],
  ] as const) {
    for (const job of enabled(menu).filter(isForeign)) {
      if (properties.some((property) => /mangle[^]*new-routing-mark/.test(job[property] ?? ''))) {
        add('foreign-steering', `${menu}: a script sets routing marks${named(job)}`);
      }
    }
  }
  conflicts.push(...tableConflicts(desired, current, isForeign), ...interfaceConflicts(desired, current));
  for (const route of enabled('/ip route').filter(isForeign)) {
    const table = route['routing-table'] ?? route['routing-mark'] ?? 'main';
    const isDefault = (route['dst-address'] ?? defaultOf('/ip route', 'dst-address')) === '0.0.0.0/0';
    const isOurs = table === 'main' || site.wans.some(({ routingMark }) => routingMark === table);
    if (isDefault && isOurs && Number(route['distance'] ?? '1') <= site.wans.length) {
      add(
        'foreign-default-route',
        `/ip route: a default route in ${table} by ${route['gateway'] ?? '?'} stands among Fairlead's`,
      );
    }
  }
  return conflicts;
}

/** A table of somebody else is used if it can be: RouterOS 7 takes a mark only of a table that is there, with `fib`. */
function tableConflicts(
  { site }: DesiredConfiguration,
  current: Configuration,
  isForeign: (object: Properties) => boolean,
): Conflict[] {
  if (site.routerOs.major === 6) return [];
  return site.wans.flatMap(({ routingMark }): Conflict[] => {
    const table = current.lists
      .get('/routing table')
      ?.find((object) => object['name'] === routingMark && isForeign(object));
    if (!table || (table['disabled'] !== 'yes' && table['fib'] !== undefined)) return [];
    return [{ name: 'missing-table', message: `/routing table: ${routingMark} is disabled or has no fib` }];
  });
}

/** Ports that a router has without its export saying so. */
const FACTORY_PORT = /^(?:ether|sfp|sfp-sfpplus|sfpplus|qsfp|wlan|wifi|lte|combo)\d+(?:-\d+)*$/;

function interfaceConflicts({ site }: DesiredConfiguration, current: Configuration): Conflict[] {
  const all = [...current.lists]
    .filter(([menu]) => menu === '/interface' || menu.startsWith('/interface '))
    .flatMap(([, list]) => list);
  const names = new Set(all.flatMap((object) => object['name'] ?? object['default-name'] ?? []));
  const renamed = new Set(
    all.filter(({ name }) => name !== undefined).flatMap((object) => object['default-name'] ?? []),
  );
  return site.wans.flatMap((wan): Conflict[] =>
    names.has(wan.interface) || (FACTORY_PORT.test(wan.interface) && !renamed.has(wan.interface))
      ? []
      : [{ name: 'missing-interface', message: `WAN ${wan.name}: there is no interface ${wan.interface}` }],
  );
}

const named = ({ comment, name }: Properties): string => {
  const shown = comment ?? name;
  return shown === undefined ? '' : ` ("${shown}")`;
};
