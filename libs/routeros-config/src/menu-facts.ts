import type { Properties } from './configuration.ts';

/** What Fairlead's objects begin their comment with. */
export const TAG = 'fairlead:';

/** Connection mark of connections that the steering rule has still to send somewhere. */
export const NEW_MARK = 'fairlead-new';

/** Comment of what restores a router while it is being changed; never part of a plan. */
export const REVERT_COMMENT = `${TAG}revert`;

/** Menus in the order in which their objects can be made: what is referred to comes first. */
export const menuOrder = [
  '/routing table',
  '/ip firewall address-list',
  '/ip firewall mangle',
  '/ip firewall nat',
  '/ip route',
  '/ipv6 firewall address-list',
  '/ipv6 firewall mangle',
  '/ipv6 firewall nat',
  '/ipv6 route',
  '/ip traffic-flow target',
  '/snmp community',
  '/system logging action',
  '/system logging',
  '/user group',
  '/user',
  '/system scheduler',
] as const;

/** Menus of which anything is ever changed. */
export const managedMenus: ReadonlySet<string> = new Set([
  ...menuOrder,
  '/ip traffic-flow',
  '/snmp',
  '/ip service',
]);

/** A menu whose objects Fairlead makes. */
export type ManagedMenu = (typeof menuOrder)[number];

/** Menus in which the order of objects decides. */
export const orderedMenus: ReadonlySet<string> = new Set([
  '/ip firewall mangle',
  '/ip firewall nat',
  '/ipv6 firewall mangle',
  '/ipv6 firewall nat',
]);

/** Menus without comments: what names their objects instead. */
const keysWithoutComment: Readonly<Record<string, readonly string[]>> = {
  '/ip traffic-flow target': ['dst-address', 'port'],
  '/snmp community': ['name'],
  '/system logging action': ['name'],
  '/system logging': ['topics', 'action'],
  '/user group': ['name'],
};

const firewallDefaults = { action: 'accept', disabled: 'no', log: 'no', 'log-prefix': '' };
const mangleDefaults = { ...firewallDefaults, passthrough: 'yes' };
const listDefaults = { disabled: 'no', dynamic: 'no' };
const routeDefaults = {
  'check-gateway': 'none',
  disabled: 'no',
  distance: '1',
  'pref-src': '',
  'routing-table': 'main',
  scope: '30',
  'suppress-hw-offload': 'no',
  'target-scope': '10',
};

/** What an export leaves out, or writes although it is as ever (RouterOS manual, property tables). */
const defaults: Readonly<Record<string, Properties>> = {
  '/routing table': { disabled: 'no' },
  '/ip firewall address-list': listDefaults,
  '/ip firewall mangle': mangleDefaults,
  '/ip firewall nat': firewallDefaults,
  '/ip route': { ...routeDefaults, 'dst-address': '0.0.0.0/0' },
  '/ipv6 firewall address-list': listDefaults,
  '/ipv6 firewall mangle': mangleDefaults,
  '/ipv6 firewall nat': firewallDefaults,
  '/ipv6 route': { ...routeDefaults, 'dst-address': '::/0' },
  '/ip traffic-flow': {
    enabled: 'no',
    interfaces: 'all',
    'active-flow-timeout': '30m',
    'inactive-flow-timeout': '15s',
  },
  '/ip traffic-flow target': {
    disabled: 'no',
    port: '2055',
    version: '9',
    'v9-template-refresh': '20',
    'v9-template-timeout': '30m',
  },
  '/snmp': { enabled: 'no' },
  '/snmp community': { disabled: 'no', 'read-access': 'yes', 'write-access': 'no', security: 'none' },
  '/system logging action': { 'bsd-syslog': 'no', 'remote-log-format': 'default', 'remote-port': '514' },
  '/system logging': { disabled: 'no', prefix: '' },
  '/user group': { skin: 'default' },
  '/user': { disabled: 'no' },
  '/ip service api': { disabled: 'no', address: '', 'available-from': '' },
  '/ip service api-ssl': { disabled: 'no', address: '', 'available-from': '', certificate: 'none' },
  '/system scheduler': { disabled: 'no' },
};

const DURATIONS: ReadonlySet<string> = new Set([
  'active-flow-timeout',
  'inactive-flow-timeout',
  'interval',
  'v9-template-timeout',
]);

/** The value that a property has where nothing is said of it. */
export const defaultOf = (menu: string, property: string): string | undefined => defaults[menu]?.[property];

/** An object without what is as ever, and with one name and spelling for what RouterOS has several of. */
export function canonical(menu: string, properties: Properties): Properties {
  const entries = Object.entries(properties).map(([name, value]): [string, string] => {
    // called "address" before RouterOS 7.15
    if (menu === '/ip traffic-flow target' && name === 'address') return ['dst-address', value];
    if (name === 'policy') {
      const granted = value.split(',').filter((policy) => policy !== '' && !policy.startsWith('!'));
      return [name, granted.sort().join(',')];
    }
    return [name, DURATIONS.has(name) ? shortDuration(value) : value];
  });
  return Object.fromEntries(
    entries
      .filter(([name, value]) => defaultOf(menu, name) !== value && !isGivenByTheRouter(menu, name, value))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** When a scheduler was made is noted by the router itself. */
const isGivenByTheRouter = (menu: string, name: string, value: string): boolean =>
  menu === '/system scheduler' && (name === 'start-date' || (name === 'start-time' && value !== 'startup'));

/** `00:01:00`, `60s` and `1m` are one time; RouterOS 7 writes the last. What is no time stays as it is. */
function shortDuration(text: string): string {
  const units = text.replace(/(\d+):(\d\d):(\d\d)$/, '$1h$2m$3s');
  if (!/^(?:\d+[wdhms])+$/.test(units)) return text;
  const worth = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 };
  let left = [...units.matchAll(/(\d+)([wdhms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * worth[unit as keyof typeof worth],
    0,
  );
  const parts = Object.entries(worth).map(([unit, seconds]) => {
    const count = Math.floor(left / seconds);
    left -= count * seconds;
    return count > 0 ? `${count}${unit}` : '';
  });
  return parts.join('') || '0s';
}

/** What names an object in its menu: its comment, or where a menu has none, what tells its objects apart. */
export const keyOf = (menu: string, object: Properties): string =>
  keyPropertiesOf(menu)
    .map((name) => keyValueOf(menu, object, name))
    .join(' ');

/** One of the values that `keyOf` is made of. */
export const keyValueOf = (menu: string, object: Properties, name: string): string =>
  object[name] ?? (name === 'dst-address' ? object['address'] : undefined) ?? defaultOf(menu, name) ?? '';

/** The properties that `keyOf` is made of. */
export const keyPropertiesOf = (menu: string): readonly string[] => keysWithoutComment[menu] ?? ['comment'];

/**
 * What Fairlead calls this object, undefined for one of somebody else. Comments carry the tag, or are exactly the comment of
 * the steering rule, or that with a part; where a menu has none, an object is Fairlead's if it is one of those `wanted`. A rule of
 * IPv6 that somebody gave the comment of the steering rule is his, unless one is wanted or it takes the connections of ours.
 */
export function identityOf(
  menu: string,
  object: Properties,
  steeringComment: string,
  wanted: ReadonlySet<string>,
): string | undefined {
  const key = keyOf(menu, object);
  const isOwn = keysWithoutComment[menu]
    ? wanted.has(key) || (menu === '/system logging' && object['action'] === 'fairlead')
    : key.startsWith(TAG) ||
      (menu === '/ip firewall mangle' && isSteering(key, steeringComment)) ||
      (menu === '/ipv6 firewall mangle' &&
        key === steeringComment &&
        (wanted.has(key) || object['connection-mark'] === NEW_MARK));
  return isOwn && !key.startsWith(REVERT_COMMENT) ? key : undefined;
}

/** Whether this is the comment of the steering rule, or of one for a part of new connections (`partComment`). */
export const isSteering = (comment: string, steeringComment: string): boolean =>
  comment === steeringComment ||
  (comment.startsWith(`${steeringComment} `) && /^\d+\/\d+$/.test(comment.slice(steeringComment.length + 1)));
