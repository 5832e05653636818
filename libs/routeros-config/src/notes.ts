import type { Configuration } from './configuration.ts';
import { partsOf, type SiteDescription } from './site.ts';

/** What a person should know before the configuration is made, although nothing stands in its way. */
export function setupNotes(site: SiteDescription, current: Configuration): string[] {
  const networks = (current.lists.get('/ip address') ?? [])
    .filter(({ disabled }) => disabled !== 'yes')
    .flatMap(({ address = '', interface: port = '' }) => {
      const network = networkOf(address);
      return network === undefined || site.connectedNetworks.some((other) => contains(other, network))
        ? []
        : [`${network} on ${port}`];
    });
  const forgotten =
    networks.length === 0
      ? []
      : [
          `neither in lanNetworks nor in connectedNetworks: ${networks.join(', ')}. What goes there from the LAN would be sent out of a WAN`,
        ];
  return [
    ...forgotten,
    ...ipv6Notes(site, current),
    ...(site.access
      ? [
          'the users fairlead-watch and fairlead-steer are made disabled and without a password: give them one, enable them, and let fairlead.yaml use fairlead-steer',
        ]
      : []),
    ...(site.strategy === 'nth' || (site.strategy === 'pcc' && partsOf(site) === undefined)
      ? [
          `the strategy ${site.strategy} spreads connections on the router itself: there is no steering rule, so leave \`steering\` out of this router${site.strategy === 'pcc' ? ', or give it the policy weights, or headroom with a denominator' : ''}`,
        ]
      : []),
  ];
}

/** A client sends from the prefix of one provider, and others drop that (BCP 38). */
function ipv6Notes({ ipv6, wans }: SiteDescription, current: Configuration): string[] {
  if (!ipv6) {
    return hasIpv6(current)
      ? [
          'the router has IPv6 addresses: IPv6 is not steered, but follows its own default route. A client sends from the prefix of one provider, which another one would not carry; `steering.ipv6` steers it with a translation',
        ]
      : [];
  }
  const told = ['IPv6 is steered too, by a rule of its own that is set after that of IPv4'];
  for (const { name, ipv6: own } of wans) {
    const kept = ipv6.lanNetworks.filter((lan) => !own?.translations.some(({ from }) => from === lan));
    if (kept.length > 0) {
      told.push(
        `${kept.join(', ')} leaves by ${name} untranslated: its provider must carry it, or drops all of it (BCP 38)`,
      );
    }
  }
  return told;
}

/** Link-local addresses are there without anybody wanting IPv6. */
const hasIpv6 = ({ lists }: Configuration): boolean =>
  (lists.get('/ipv6 address') ?? []).some(
    ({ address = '', disabled }) => disabled !== 'yes' && !/^fe[89ab]/i.test(address),
  );

/** `192.168.88.1/24` is in `192.168.88.0/24`; undefined where the text is no IPv4 address with a prefix. */
function networkOf(address: string): string | undefined {
  const [ip = '', prefix = ''] = address.split('/');
  const value = valueOf(ip);
  const bits = Number(prefix);
  if (value === undefined || prefix === '' || !(bits >= 0 && bits <= 32)) return undefined;
  const base = bits === 0 ? 0 : value - (value % 2 ** (32 - bits));
  return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join('.')}/${bits}`;
}

function contains(outer: string, inner: string): boolean {
  const [, outerBits = '32'] = outer.split('/');
  const [ip = '', innerBits = '32'] = inner.split('/');
  return Number(innerBits) >= Number(outerBits) && networkOf(`${ip}/${outerBits}`) === networkOf(outer);
}

function valueOf(ip: string): number | undefined {
  const parts = ip.split('.').map(Number);
  const isAddress =
    parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part < 256);
  return isAddress ? parts.reduce((sum, part) => sum * 256 + part, 0) : undefined;
}
