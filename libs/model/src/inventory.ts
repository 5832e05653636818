import { z } from 'zod';
import { bitsPerSecond } from './bits-per-second.ts';
import { hostText } from './host-text.ts';
import { ipv6Problems } from './ipv6-setup.ts';
import { routerSetupSchema, setupGaps, wanSetupFields } from './router-setup.ts';
import { asciiText, plainText } from './plain-text.ts';
import { Secret } from './secret.ts';
import { snmpAccessSchema } from './snmp-access.ts';
import { steeringSchema } from './steering-config.ts';
import { steersParts } from './steers-parts.ts';
import { strategyProblems } from './strategy-problems.ts';

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'a name of letters, digits, ".", "_" and "-", at most 63 long');

/** Less is no line: somebody left the unit out. */
const LEAST_BPS = 1_000;

const rate = z.union([z.string(), z.number()], 'expected a rate such as 50M').transform((value, context) => {
  const bps = bitsPerSecond(value);
  if (bps === undefined) {
    context.addIssue({
      code: 'custom',
      message: 'expected a rate above 0 such as 50M, 1.5G or 64000 (bits per second)',
    });
    return z.NEVER;
  }
  if (bps < LEAST_BPS) {
    context.addIssue({ code: 'custom', message: `${bps} bit/s: a unit is missing, as in ${bps}M` });
  }
  return bps;
});

const routerText = z.string().min(1).check(plainText);

const fingerprint = z
  .string()
  .regex(
    /^(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/,
    'the SHA-256 of a certificate, 64 hex digits, as /certificate print detail shows it on the router',
  );

const secret = z.string().transform((value) => new Secret(value));

export const wanSchema = z.strictObject({
  name: name.describe('Name of the WAN, unique in its router.'),
  interface: routerText.describe('Interface of the router, such as ether1 or pppoe-out1.'),
  capacity: z
    .strictObject({
      rx: rate.describe('What the provider delivers to the site, in bits per second (50M).'),
      tx: rate.describe('What the site may send, in bits per second (10M).'),
    })
    .describe('Contracted rates; the link speed of the port is not the capacity of the line.'),
  routingMark: routerText
    .refine(
      (mark) => mark !== 'main',
      'main is where all goes that has no mark; each WAN takes a table of its own',
    )
    .describe('Routing mark (v6) or routing table (v7) that leads out of this WAN.'),
  connectionMark: z
    .string()
    .min(1)
    .check(asciiText)
    .refine((mark) => mark !== 'no-mark', 'no-mark is what connections have that no rule bound')
    .optional()
    .describe(
      'Connection mark of those bound to this WAN, such as Sticky_ISP1; fairlead-sticky-NAME where `fairlead apply` made the rules. For `steering.connectionRemoval`.',
    ),
  cost: z
    .strictObject({
      perGb: z
        .number()
        .min(0)
        .default(0)
        .describe('What traffic beyond the commit costs; decides between WANs of about the same room.'),
      commit: rate
        .optional()
        .describe(
          'Paid for already, as the 95th percentile of a month (20M); below it the WAN costs nothing.',
        ),
    })
    .optional(),
  ...wanSetupFields,
});

export const routerSchema = z.strictObject({
  name: name.describe('Name of the router, unique in the inventory; the key of its records.'),
  site: name.describe('Site the router stands at.'),
  address: z
    .string()
    .regex(/^[^\s/]+$/, {
      error: 'an address or a host name, without blanks, port and protocol',
      abort: true,
    })
    .check(hostText)
    .describe('Address that Fairlead reaches the router at.'),
  sourceAddresses: z
    .array(z.string().check(hostText))
    .default([])
    .describe('Further addresses that its syslog and flow datagrams come from.'),
  mode: z
    .enum(['observe', 'armed'])
    .default('observe')
    .describe(
      'observe: decide and write nothing. armed: change routing marks of the steering rule, or rules.',
    ),
  api: z
    .strictObject({
      port: z.int().min(1).max(65_535).optional().describe('8729 with TLS, 8728 without.'),
      tls: z
        .union(
          [
            z.literal(false),
            z.strictObject({
              ca: z.string().optional().describe('File with the CA certificate (PEM).'),
              fingerprint: fingerprint.optional().describe('SHA-256 of the certificate, hex.'),
              servername: z
                .string()
                .optional()
                .describe('Name in the certificate, where it is not the address.'),
            }),
          ],
          'false, or what the certificate is verified by: ca, fingerprint, servername',
        )
        .default({})
        .describe('Verified TLS unless it is false.'),
      user: z.string().min(1),
      password: secret,
      login: z
        .enum(['plain', 'md5-challenge'])
        .default('plain')
        .describe(
          'plain: RouterOS 6.43 and later. md5-challenge: the weak login of older ones, used only where it is chosen here.',
        ),
      intervalMs: z
        .int()
        .min(250)
        .max(60_000)
        .default(1_000)
        .describe('Time between two readings of the counters.'),
      probeIntervalMs: z
        .int()
        .min(1_000)
        .max(60_000)
        .default(2_000)
        .describe(
          'Time between two rounds of pings to the probe hosts of each WAN; the user needs the policy test for them.',
        ),
    })
    .optional()
    .describe('RouterOS API; needed for steering.'),
  snmp: snmpAccessSchema
    .optional()
    .describe('SNMP v2c or v3; used for utilisation where the router has no API session.'),
  syslog: z
    .strictObject({
      identity: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Its /system identity, where that is not the name above: shows where the host name ends when it holds spaces, and is whom a relay speaks for (syslog.relays).',
        ),
      certificate: z
        .strictObject({
          fingerprint: fingerprint.optional().describe('SHA-256 of its client certificate, hex.'),
          name: z
            .string()
            .min(1)
            .optional()
            .describe(
              'Common name or DNS name in its client certificate, which syslog.tls.clientCa must have signed.',
            ),
        })
        .refine(({ fingerprint, name: subject }) => (fingerprint ?? subject) !== undefined, {
          message: 'give fingerprint, name or both',
        })
        .optional()
        .describe('The client certificate that it sends syslog over TLS with.'),
    })
    .optional()
    .describe('How its syslog messages are known beside their source address.'),
  wans: z.array(wanSchema).min(1).max(8).describe('The uplinks in order of preference.'),
  steering: steeringSchema.optional().describe('Leave out to watch only.'),
  setup: routerSetupSchema.optional(),
});

export const inventorySchema = z.array(routerSchema).superRefine((routers, context) => {
  const repeated = (values: readonly (string | number)[]): number =>
    values.findIndex((value, i) => values.indexOf(value) !== i);
  const router = repeated(routers.map((entry) => entry.name));
  if (router !== -1) {
    context.addIssue({ code: 'custom', path: [router, 'name'], message: 'another router has this name' });
  }
  routers.forEach((entry, index) => {
    const add = (path: readonly (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path: [index, ...path], message });
    for (const [key, what] of uniqueOfWan) {
      const again = repeated(entry.wans.map((wan, position) => wan[key] ?? position));
      if (again !== -1) add(['wans', again, key], `another WAN has this ${what}`);
    }
    if (!entry.api && !entry.snmp) add([], 'a router needs api, snmp or both');
    for (const { path, message } of steeringProblems(entry)) add(['steering', ...path], message);
    for (const { path, message } of [...strategyProblems(entry), ...ipv6Problems(entry)]) add(path, message);
    const isShared = entry.steering !== undefined && steersParts(entry.steering.policy);
    for (const { path, message } of entry.setup ? setupGaps(entry.wans, entry.setup, isShared) : []) {
      add(path, message);
    }
  });
});

const uniqueOfWan = [
  ['name', 'name'],
  ['interface', 'interface'],
  ['routingMark', 'routing mark'],
  ['connectionMark', 'connection mark'],
] as const;

function steeringProblems({ steering, api, wans }: Router): SteeringProblem[] {
  if (!steering) return [];
  const problems: SteeringProblem[] = [];
  const known = wans.map(({ name: wan }) => wan);
  const checkWan = (wan: string, path: SteeringProblem['path']): void => {
    if (!known.includes(wan))
      problems.push({ path, message: `no WAN of this router is named ${wan}; known: ${known.join(', ')}` });
  };
  if (!api) problems.push({ path: [], message: 'steering needs the api' });
  if (wans.length < 2) problems.push({ path: [], message: 'steering needs two WANs or more' });
  if (steering.connectionRemoval && wans.some(({ connectionMark }) => connectionMark === undefined)) {
    problems.push({
      path: ['connectionRemoval'],
      message:
        'needs the connectionMark of every WAN: Sticky_ISP1, say, or fairlead-sticky-NAME where fairlead apply made the rules',
    });
  }
  if (steering.pin) checkWan(steering.pin.wan, ['pin', 'wan']);
  steering.schedules.forEach(({ avoid }, i) =>
    avoid.forEach((wan, j) => checkWan(wan, ['schedules', i, 'avoid', j])),
  );
  return problems;
}

interface SteeringProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** One uplink; rates in bits per second. */
export type Wan = z.infer<typeof wanSchema>;
/** One router with its uplinks, as the configuration gives it. */
export type Router = z.infer<typeof routerSchema>;
export type Inventory = z.infer<typeof inventorySchema>;
