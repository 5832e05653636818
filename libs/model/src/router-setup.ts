import { z } from 'zod';
import { ipv6SetupSchema, wanIpv6Schema } from './ipv6-setup.ts';

const network = z
  .cidrv4({ error: 'a network such as 192.168.88.0/24', abort: true })
  .refine((text) => text === networkOf(text), {
    error: ({ input }) => `not the address of a network; is ${networkOf(String(input))} meant?`,
  });
const address = z.ipv4({ error: 'an IPv4 address', abort: true });
/** 0/8, 127/8, multicast and above answer no ping. */
const probeHost = address.refine((text) => {
  const first = Number(text.split('.')[0]);
  return first > 0 && first !== 127 && first < 224;
}, 'a host on the internet');
const port = z.int().min(1).max(65_535);

/** What `fairlead plan`, `apply` and `rollback` need of a WAN beside what the pipeline needs. */
export const wanSetupFields = {
  gateway: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Address of the provider's router, or the interface itself where there is none (PPPoE). For `setup`.",
    ),
  probeHosts: z
    .tuple([probeHost, probeHost])
    .optional()
    .describe(
      'Two hosts beyond the gateway that no other WAN asks; the WAN is up while one answers. Fairlead pings them through the WAN.',
    ),
  ipv6: wanIpv6Schema.optional(),
  weight: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Share of new connections with the strategies pcc, nth and ecmp; 1 unless given. Where parts are steered: the share that `apply` begins with, by capacity where no WAN says it.',
    ),
};

export const routerSetupSchema = z
  .strictObject({
    strategy: z
      .enum(['balance', 'pcc', 'ecmp', 'nth', 'failover'])
      .default('balance')
      .describe(
        'How new connections are spread. balance: by the steering rule, which Fairlead moves. pcc: by rules for shares of them, which Fairlead moves where the policy is weights, or headroom with parts.',
      ),
    lanNetworks: z
      .array(
        network.refine((text) => !text.endsWith('/0'), 'a network of this site, not all of the internet'),
      )
      .min(1)
      .refine((networks) => new Set(networks).size === networks.length, 'the same network twice')
      .describe('Networks whose connections are steered.'),
    connectedNetworks: z
      .array(network)
      .default([])
      .describe(
        'Other networks that the router stands in, those of its WANs too: between these nothing is steered.',
      ),
    ipv6: ipv6SetupSchema.optional(),
    telemetry: z
      .strictObject({
        collector: address.describe('Where flows and messages go: the address of Fairlead.'),
        netflowPort: port.default(2055),
        syslogPort: port.default(5514),
        snmpCommunity: z
          .string()
          .min(1)
          .optional()
          .describe('SNMP community that only the collector may use. It is shown in the plan.'),
      })
      .optional()
      .describe('Traffic Flow, syslog and SNMP of the router.'),
    access: z
      .strictObject({
        controller: address.describe('The only address that may use the API.'),
        certificate: z.string().min(1).describe('Name of the certificate on the router that api-ssl shows.'),
      })
      .optional()
      .describe('Users with no more rights than needed, API over TLS only.'),
    deadMan: z
      .boolean()
      .default(false)
      .describe(
        'A scheduler on the router sets the steering rule back to the first WAN, or those of parts to the shares of `apply`, when nobody has renewed the heartbeat for five minutes. Strategy balance, and pcc where parts are steered.',
      ),
  })
  .describe('What `fairlead plan` and `apply` make of the router.');

/** How a router is to be configured. */
export type RouterSetup = z.infer<typeof routerSetupSchema>;

/** A WAN as far as its set-up goes. */
interface WanGiven {
  readonly interface: string;
  readonly gateway?: string | undefined;
  readonly probeHosts?: readonly string[] | undefined;
}

/**
 * What a router with `setup` lacks, with the path of each.
 * @param isShared whether the rules of the strategy pcc are steered
 */
export function setupGaps(
  wans: readonly WanGiven[],
  setup: RouterSetup,
  isShared: boolean,
): { readonly path: (string | number)[]; readonly message: string }[] {
  const missing = wans.flatMap((wan, index) =>
    (['gateway', 'probeHosts'] as const)
      .filter((field) => wan[field] === undefined)
      .map((field) => ({ path: ['wans', index], message: `setup needs the ${field} of every WAN` })),
  );
  const gateways = wans.flatMap(({ gateway, interface: port }, index) => {
    if (gateway === undefined) return [];
    const add = (message: string) => [{ path: ['wans', index, 'gateway'], message }];
    if (gateway !== port && !address.safeParse(gateway).success)
      return add(`an IPv4 address, or ${port}, the interface of this WAN`);
    return wans.findIndex((other) => other.gateway === gateway) === index
      ? []
      : add('another WAN has this gateway, and routes could not tell them apart');
  });
  const hosts = wans.flatMap(({ probeHosts = [] }, wan) =>
    probeHosts.map((host, index) => ({ host, path: ['wans', wan, 'probeHosts', index] })),
  );
  const asked = hosts.filter(({ host }, index) => hosts.findIndex((other) => other.host === host) !== index);
  const within = hosts.filter(({ host, path: [, wan] }) => wans[Number(wan)]?.gateway === host);
  const inside = hosts.flatMap(({ host, path }) => {
    const network = [...setup.lanNetworks, ...setup.connectedNetworks].find((known) => {
      const [, length] = known.split('/');
      return length !== '0' && networkOf(`${host}/${length}`) === known;
    });
    return network === undefined
      ? []
      : [
          {
            path,
            message: `lies in ${network}, a network of this site; a host beyond the provider is to be asked`,
          },
        ];
  });
  return [
    ...missing,
    ...inside,
    ...within.map(({ path }) => ({
      path,
      message: 'this is the gateway; what lies beyond it is to be asked',
    })),
    ...asked.map(({ path }) => ({ path, message: 'this host is asked for another WAN too' })),
    ...gateways,
    ...(wans.length < 2 ? [{ path: ['wans'], message: 'setup needs two WANs or more' }] : []),
    ...(setup.deadMan && setup.strategy !== 'balance' && !(setup.strategy === 'pcc' && isShared)
      ? [
          {
            path: ['setup', 'deadMan'],
            message:
              'only balance, and pcc with the policy weights or headroom with parts, have steering rules to set back',
          },
        ]
      : []),
  ];
}

/** The network that an address with its prefix length lies in; the text itself where that is no network. */
function networkOf(text: string): string {
  const [, a, b, c, d, length] = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(text) ?? [];
  if (length === undefined) return text;
  const bits = [a, b, c, d].reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(length));
  const base = Math.floor(bits / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join('.')}/${length}`;
}
