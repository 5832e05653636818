import { z } from 'zod';
import { addressFromBytes, addressToBytes } from './address.ts';
import type { PolicySettings } from './steering-config.ts';
import { steersParts } from './steers-parts.ts';

/** An IPv6 network as a router writes it (RFC 5952), so that what it has can be compared with what is wanted. */
const network = z
  .cidrv6({ error: 'an IPv6 network such as fd12:3456:789a::/48', abort: true })
  .refine((text) => text === networkOf(text), {
    error: ({ input }) =>
      `not as a router writes the address of a network; is ${networkOf(String(input))} meant?`,
  });

const networks = z
  .array(network.refine((text) => !text.endsWith('/0'), 'a network of this site, not all of the internet'))
  .refine((list) => new Set(list).size === list.length, 'the same network twice');

const TRANSLATION =
  'say what becomes of the addresses of clients: masquerade, netmap or none. They are of one provider, or of none, and ' +
  'another provider drops what comes from them (BCP 38)';

/** The switch: IPv6 is steered where this is given, and says why another provider carries what clients send. */
export const ipv6SteeringSchema = z
  .strictObject({
    translation: z
      .enum(['masquerade', 'netmap', 'none'], { error: TRANSLATION })
      .describe(
        'What becomes of the addresses of clients, which belong to one provider, while another drops what comes from them (BCP 38). ' +
          'masquerade: they go out with the address of the WAN. netmap: with its prefix and their own end (`wans[].ipv6.prefix`). ' +
          'none: every provider carries them, as provider-independent ones.',
      ),
  })
  .describe(
    'Leave out to leave IPv6 alone: it follows its own default route, and nothing of it is written. With it each change of the ' +
      'steering rule is made to the rule with the same comment in /ipv6 firewall mangle too. RouterOS 7, one steering rule; not with parts.',
  );

/** What `fairlead plan` and `apply` need of a WAN for IPv6. */
export const wanIpv6Schema = z
  .strictObject({
    gateway: z
      .string()
      .min(1)
      .describe(
        "IPv6 address of the provider's router, link-local with the interface (fe80::1%ether1), or the interface itself (PPPoE).",
      ),
    prefix: network
      .optional()
      .describe(
        'Prefix that the provider routes to the site. What has it already is not translated; netmap needs it, as long as the network of the LAN.',
      ),
  })
  .describe('For `setup` with `steering.ipv6`.');

export const ipv6SetupSchema = z
  .strictObject({
    lanNetworks: networks.min(1).describe('IPv6 networks whose connections are steered.'),
    connectedNetworks: networks
      .default([])
      .describe('Other IPv6 networks that the router stands in: between these nothing is steered.'),
  })
  .describe('Needed where `steering.ipv6` is on.');

type Ipv6Steering = z.infer<typeof ipv6SteeringSchema>;
type Ipv6Setup = z.infer<typeof ipv6SetupSchema>;

interface Given {
  readonly wans: readonly {
    readonly interface: string;
    readonly ipv6?: z.infer<typeof wanIpv6Schema> | undefined;
  }[];
  readonly steering?:
    { readonly policy: PolicySettings; readonly ipv6?: Ipv6Steering | undefined } | undefined;
  readonly setup?: { readonly strategy: string; readonly ipv6?: Ipv6Setup | undefined } | undefined;
}

interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Why IPv6 cannot be steered as a router says, with the path in it of each. */
export function ipv6Problems({ wans, steering, setup }: Given): Problem[] {
  const ipv6 = steering?.ipv6;
  if (!ipv6) {
    const path = ['setup', 'ipv6'];
    const message = 'IPv6 is steered only where steering.ipv6 says what becomes of the addresses of clients';
    return setup?.ipv6 ? [{ path, message }] : [];
  }
  const problems: Problem[] = [];
  const add = (path: (string | number)[], message: string): void => void problems.push({ path, message });
  if (steersParts(steering.policy)) {
    add(
      ['steering', 'ipv6'],
      `IPv6 is steered by one rule, and the policy ${steering.policy.kind} has one for each part; use another policy, or leave ipv6 out`,
    );
  }
  if (!setup) return problems;
  if (setup.strategy !== 'balance') {
    add(
      ['setup', 'strategy'],
      `IPv6 is steered with the strategy balance only; use that, or leave steering.ipv6 out`,
    );
  }
  if (!setup.ipv6) add(['setup'], 'steering.ipv6 needs ipv6.lanNetworks here');
  wans.forEach((wan, index) => {
    if (!wan.ipv6) {
      add(['wans', index], 'steering.ipv6 needs ipv6.gateway of every WAN');
      return;
    }
    const wrong = gatewayProblem(wan.ipv6.gateway, wan.interface);
    const path = ['wans', index, 'ipv6', 'gateway'];
    if (wrong !== undefined) add(path, wrong);
    else if (wans.findIndex(({ ipv6: other }) => other?.gateway === wan.ipv6?.gateway) < index)
      add(path, 'another WAN has this gateway, and routes could not tell them apart');
  });
  if (setup.ipv6) problems.push(...translationProblems(ipv6, setup.ipv6.lanNetworks, wans));
  return problems;
}

function gatewayProblem(gateway: string, wanInterface: string): string | undefined {
  const [address = '', zone] = gateway.split('%');
  if (gateway === wanInterface || (zone === wanInterface && isLinkLocal(address))) return undefined;
  if (zone === undefined && z.ipv6().safeParse(address).success && !isLinkLocal(address)) return undefined;
  return `an IPv6 address, a link-local one with %${wanInterface} behind it, or ${wanInterface}, the interface of this WAN`;
}

const isLinkLocal = (address: string): boolean =>
  z.ipv6().safeParse(address).success && isWithin(`${address}/128`, 'fe80::/10');

function translationProblems(
  { translation }: Ipv6Steering,
  lanNetworks: readonly string[],
  wans: Given['wans'],
): Problem[] {
  const problems: Problem[] = [];
  const [first = ''] = lanNetworks;
  if (translation === 'netmap') {
    if (lanNetworks.length > 1) {
      problems.push({
        path: ['setup', 'ipv6', 'lanNetworks'],
        message: 'netmap turns one network into the prefix of a WAN; two would become one',
      });
    }
    wans.forEach(({ ipv6 }, index) => {
      if (!ipv6 || lengthOf(ipv6.prefix ?? '') === lengthOf(first)) return;
      const message = `netmap needs the prefix of every WAN, as long as ${first}`;
      problems.push({ path: ['wans', index, 'ipv6'], message });
    });
  }
  if (translation === 'none') {
    lanNetworks.forEach((lan, index) => {
      const isPrivate = isWithin(lan, 'fc00::/7');
      const isOfOne = wans.some(({ ipv6 }) => ipv6?.prefix !== undefined && isWithin(lan, ipv6.prefix));
      if (!isPrivate && !isOfOne) return;
      problems.push({
        path: ['setup', 'ipv6', 'lanNetworks', index],
        message: `${lan} is ${isPrivate ? 'carried by no provider' : 'of one provider, and dropped by the others'}: translation must be masquerade or netmap`,
      });
    });
  }
  return problems;
}

const lengthOf = (text: string): string | undefined => text.split('/')[1];

/** Whether an IPv6 network lies in another one; both as `2001:db8::/32`. */
export function isWithin(inner: string, outer: string): boolean {
  const length = Number(lengthOf(outer));
  const [address = ''] = inner.split('/');
  return Number(lengthOf(inner)) >= length && networkOf(`${address}/${length}`) === networkOf(outer);
}

/** The network that an IPv6 address with its prefix length lies in, as a router writes it; the text itself where that is none. */
function networkOf(text: string): string {
  const [address = '', length = ''] = text.split('/');
  if (!z.cidrv6().safeParse(text).success) return text;
  const bytes = addressToBytes(address).map((byte, index) => {
    const kept = Math.min(8, Math.max(0, Number(length) - 8 * index));
    return byte & (0xff00 >> kept) & 0xff;
  });
  return `${addressFromBytes(bytes)}/${Number(length)}`;
}
