import { z } from 'zod';
import { orderKinds } from './orders.ts';
import { liveLimits, wanColumns } from './protocol.ts';

const id = z
  .int()
  .min(1)
  .max(65_535)
  .describe('Chosen by the client; ties what arrives to the subscription.');
const epoch = z.string().max(64).describe('Life of the server that sequence numbers belong to.');
const seq = z
  .int()
  .min(0)
  .describe('Per channel and epoch; a state delta raises it by one, as an event does.');
const timeMs = z.number().describe('Unix milliseconds, by the clock of the server.');

const hello = z.object({
  type: z.literal('hello'),
  v: z.literal(1),
  client: z.string().max(64).optional().describe('Name and version of the client, for the log.'),
  token: z
    .string()
    .max(128)
    .optional()
    .describe('What lets the client in, where the server asks for one; never part of an address.'),
});

const sub = z.object({
  type: z.literal('sub'),
  id,
  ch: z
    .string()
    .max(160)
    .describe(
      'wan/*, routers or events: all sites that the client may see. wan/SITE/*, routers/SITE, events/SITE: one of them.',
    ),
  since: z
    .object({ epoch, seq })
    .optional()
    .describe('What the client has already; then only what is newer is sent, where that is possible.'),
  history: z
    .number()
    .min(0)
    .max(liveLimits.historySeconds)
    .optional()
    .describe(
      'Seconds of samples wanted in a snapshot of wan/*, rounded up to 60, 120, 300 or 600; without it the latest sample.',
    ),
});

const unsub = z.object({ type: z.literal('unsub'), id });

/** What a client may send. Keys that are not known are ignored, so that a newer client can talk to an older server. */
export const clientMessageSchema = z.discriminatedUnion('type', [hello, sub, unsub]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

export const wanCondition = z
  .enum(['normal', 'busy', 'down'])
  .describe(
    'busy: above the leave limit and not yet below the return limit. down: the interface is not running.',
  );
export type WanCondition = z.infer<typeof wanCondition>;

const wanRow = z
  .tuple([
    timeMs,
    z.number().describe('rx of the router on this WAN (download), bits per second.'),
    z.number().describe('tx, bits per second.'),
    z.number().describe('rx as a share of the capacity; 1 is full.'),
    z.number().describe('tx as a share of the capacity.'),
    z.boolean().nullable().describe('Whether new connections are sent here; null when that is not known.'),
    wanCondition,
    z
      .number()
      .nullable()
      .describe('When the condition began; null when it began before anything that is known.'),
    z
      .number()
      .nullable()
      .describe('Share of the last pings through this WAN that were lost; null when that is not known.'),
    z.number().nullable().describe('Mean round trip of those that were answered, milliseconds.'),
  ])
  .describe(`Columns: ${wanColumns.join(', ')}.`);
/** One sample of one WAN, in the order of `wanColumns`. */
export type WanRow = z.infer<typeof wanRow>;

const wanKey = z.string().describe('<router>/<wan>');

const wanView = z.object({
  key: wanKey,
  name: z.string(),
  interface: z.string(),
  routingMark: z.string(),
  rxCapacityBps: z.number(),
  txCapacityBps: z.number(),
  probed: z.boolean().describe('Whether hosts are configured that are pinged through this WAN.'),
  share: z
    .number()
    .nullable()
    .describe('Share of new connections that go here now, as read from the router; null when not known.'),
  targetShare: z.number().nullable().describe('The same as the last decision wants it.'),
  commitBps: z.number().nullable().describe('Paid for as the 95th percentile of a month.'),
  p95: z
    .object({ rxBps: z.number(), txBps: z.number(), sinceMs: timeMs })
    .nullable()
    .describe('95th percentile of the month since then, from five-minute means; null when not known.'),
});
export type WanView = z.infer<typeof wanView>;

const routerView = z.object({
  router: z.string(),
  site: z.string(),
  mode: z.enum(['observe', 'armed']),
  intervalMs: z.number().describe('Time between two samples that the configuration asks for.'),
  limits: z
    .object({ leaveAbove: z.number(), returnBelow: z.number() })
    .nullable()
    .describe('Shares of capacity of the steering policy; null when the router is only watched.'),
  probeLimits: z
    .object({
      failLoss: z.number(),
      failLatencyMs: z.number(),
      recoverLoss: z.number(),
      recoverLatencyMs: z.number(),
    })
    .describe('A WAN that loses more than failLoss, or answers later than failLatencyMs, counts as failed.'),
  locked: z.boolean().describe('Maintenance: nothing is decided.'),
  pin: z
    .object({ wan: z.string(), untilMs: timeMs })
    .nullable()
    .describe('New connections are kept on this WAN until then.'),
  wans: z.array(wanView),
  reachable: z.boolean().nullable().describe('null before anything was heard of the router.'),
  error: z.string(),
  version: z.string(),
  mark: z.string().nullable().describe('Routing mark of the steering rule as read from the router.'),
});
/** What a router and its WANs are. */
export type RouterView = z.infer<typeof routerView>;

const about = { id: z.string(), t: timeMs, site: z.string(), router: z.string() };

export const liveEvent = z.discriminatedUnion('is', [
  z.object({
    is: z.literal('event'),
    ...about,
    wan: z.string().describe('Empty when the whole router is meant.'),
    kind: z.string(),
    severity: z.enum(['info', 'warning', 'error']),
    message: z.string().describe('Not to be trusted: show it as text.'),
    value: z.number().optional(),
    limit: z.number().optional(),
  }),
  z.object({
    is: z.literal('decision'),
    ...about,
    fromWan: z.string(),
    toWan: z.string(),
    reason: z.string(),
  }),
  z.object({
    is: z.literal('actuation'),
    ...about,
    outcome: z.enum([
      'confirmed',
      'unchanged',
      'dry-run',
      'refused',
      'failed',
      'ambiguous',
      'reverted',
      'unknown',
    ]),
    mode: z.enum(['observe', 'armed', 'unknown']),
    rule: z.string(),
    beforeMark: z.string(),
    afterMark: z.string(),
    wantedMark: z.string(),
    reason: z.string(),
    latencyMs: z.number(),
  }),
  z.object({
    is: z.literal('order'),
    ...about,
    wan: z.string().describe('Empty when the whole router is meant.'),
    order: z.enum([...orderKinds, 'unknown']),
    by: z.string().describe('Name of the token that it was given with.'),
    note: z.string().describe('Not to be trusted: show it as text.'),
    untilMs: z.number().optional().describe('End of a pin.'),
    event: z.string().optional().describe('Id of the event that was acknowledged.'),
  }),
]);
/** Something for the ticker. */
export type LiveEvent = z.infer<typeof liveEvent>;

const welcome = z.object({
  type: z.literal('welcome'),
  v: z.literal(1),
  session: z.string(),
  build: z.string().describe('Changes with the page; a page that sees another build loads itself again.'),
  now: timeMs,
  tick: z
    .number()
    .describe(
      'Most milliseconds between two messages; a link that brought nothing for three times as long is dead.',
    ),
  simulated: z.boolean().describe('Whether the site is a simulation.'),
  mayWrite: z.boolean().describe('Whether the token of this client may give orders, over HTTP.'),
  limits: z.record(z.string(), z.number()),
});

const snapBase = { type: z.literal('snap'), id, epoch, seq, now: timeMs };
const snap = z.discriminatedUnion('ch', [
  z.object({
    ...snapBase,
    ch: z.literal('wan/*'),
    cols: z.array(z.enum(wanColumns)),
    rows: z.record(wanKey, z.array(wanRow)).describe('Oldest first.'),
  }),
  z.object({ ...snapBase, ch: z.literal('routers'), d: z.record(z.string(), routerView) }),
  z.object({
    ...snapBase,
    ch: z.literal('events'),
    events: z.array(z.object({ seq, ev: liveEvent })).describe('Oldest first.'),
  }),
]);

const deltaBase = {
  type: z.literal('delta'),
  id,
  seq,
  t: timeMs,
  conflated: z.int().optional().describe('Deltas that this one stands for beside itself.'),
};
const delta = z
  .discriminatedUnion('ch', [
    z.object({ ...deltaBase, ch: z.literal('wan/*'), d: z.record(wanKey, wanRow) }),
    z.object({ ...deltaBase, ch: z.literal('routers'), d: z.record(z.string(), routerView) }),
  ])
  .describe('Whole values of the keys that changed: a lost delta is mended by the next one of that key.');

const event = z.object({ type: z.literal('event'), id, ch: z.literal('events'), seq, ev: liveEvent });

const resumed = z
  .object({ type: z.literal('resumed'), id, epoch, seq })
  .describe('The answer to a sub whose `since` can be continued: what is newer than seq follows.');

const resync = z
  .object({ type: z.literal('resync'), id, reason: z.enum(['epoch', 'gap', 'slow']) })
  .describe('What the client has cannot be continued; a snap follows.');

const tick = z
  .object({ type: z.literal('tick'), now: timeMs })
  .describe('A sign of life, where nothing else was sent for a while.');

const error = z.object({
  type: z.literal('error'),
  id: id.optional(),
  code: z.enum(['bad-message', 'unauthorised', 'unknown-channel', 'forbidden', 'id-in-use', 'too-many']),
  message: z.string(),
  retryable: z.boolean(),
});

/** What the server sends. */
export const serverMessageSchema = z.discriminatedUnion('type', [
  welcome,
  snap,
  delta,
  event,
  resumed,
  resync,
  tick,
  error,
]);
export type ServerMessage = z.infer<typeof serverMessageSchema>;
export type ServerMessageOf<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>;
