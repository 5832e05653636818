import type { Configuration, Properties } from './configuration.ts';

/** What a configuration tells about the interfaces of its router. */
export interface InterfaceNames {
  /** Those it names as objects of their own. */
  readonly known: ReadonlySet<string>;
  /** Whether the router may have it: an export says nothing of a port that nobody changed. */
  mayHave(name: string): boolean;
  /** Those, and in an export what addresses, clients, routes, rules and lists name as an interface. */
  readonly mentioned: ReadonlySet<string>;
}

/** Menus whose objects are interfaces; `/interface list` and what stands below a kind, such as its profiles, are none. */
const MENU = /^\/interface(?: (?!list$)[^ ]+| wireless nstreme-dual)?$|^\/(?:zerotier|caps-man) interface$/;
/** A port called by its name, `set ether1 name=WAN`, as scripts do and exports do not. */
const PORT_BY_NAME = /^\/interface ethernet ([^ ]+)$/;
/** Ports that a router has without its export saying so. */
const FACTORY_PORT = /^(?:ether|sfp|sfp-sfpplus|sfpplus|qsfp|wlan|wifi|lte|combo)\d+(?:-\d+)*$/;
const NAMES_INTERFACES = /^(?:.*-)?interfaces?$|^slaves$|^gateway$/;
/** What stands where an interface may, and is none: words for many, addresses, and what is left of one that was removed. */
const NO_INTERFACE = /^(?:|all|none|dynamic|static|[\d.:]+|[\da-f:]*::?[\da-f:]*|\*.*)$/;

/** The interfaces of a router that was asked (which has named all), or of its export (which names those that somebody changed). */
export function interfaceNames({ lists, settings }: Configuration): InterfaceNames {
  const objects = [
    ...[...lists].flatMap(([menu, list]) => (MENU.test(menu) ? list : [])),
    ...[...settings].flatMap(([key, properties]): Properties[] => {
      const port = PORT_BY_NAME.exec(key)?.[1];
      return port === undefined ? [] : [{ ...properties, 'default-name': port }];
    }),
  ];
  const known = new Set(objects.flatMap((object) => object['name'] ?? object['default-name'] ?? []));
  const renamed = new Set(
    objects.filter(({ name }) => name !== undefined).flatMap((object) => object['default-name'] ?? []),
  );
  const isComplete = lists.has('/interface');
  const mentioned = isComplete ? known : new Set([...known, ...mentionsOf({ lists, settings })]);
  return {
    known,
    mentioned,
    mayHave: (name) => mentioned.has(name) || (!isComplete && FACTORY_PORT.test(name) && !renamed.has(name)),
  };
}

function mentionsOf({ lists, settings }: Configuration): ReadonlySet<string> {
  const names = new Set<string>();
  for (const object of [...[...lists.values()].flat(), ...settings.values()]) {
    for (const [property, value] of Object.entries(object)) {
      if (!NAMES_INTERFACES.test(property)) continue;
      for (const part of value.split(/[,%]/)) {
        const name = part.replace(/^!/, '');
        if (!NO_INTERFACE.test(name)) names.add(name);
      }
    }
  }
  return names;
}
