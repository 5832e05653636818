import { z } from 'zod';

const router = z.string().min(1).max(63);
const wan = z.string().min(1).max(63);
const note = z.string().trim().min(1).max(500).describe('Why; shown with the order.');
const untilMs = z.int().min(0).describe('Unix milliseconds; at most 90 days ahead.');

/** What somebody wants done, `POST /api/v1/orders`. */
export const orderSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('acknowledge'),
    router,
    wan: wan.optional(),
    event: z.string().max(200).optional().describe('Id of the event that is meant.'),
    note,
  }),
  z
    .object({ kind: z.literal('pin'), router, wan, untilMs, note })
    .describe('New connections go to this WAN.'),
  z.object({ kind: z.literal('unpin'), router, note }),
  z.object({ kind: z.literal('lock'), router, note }).describe('Maintenance: nothing is decided.'),
  z.object({ kind: z.literal('unlock'), router, note }),
  z.object({ kind: z.literal('arm'), router, note }).describe('Decisions are carried out.'),
  z.object({ kind: z.literal('observe'), router, note }).describe('Decisions are made and not carried out.'),
]);
export type OrderRequest = z.infer<typeof orderSchema>;

export const orderKinds = ['acknowledge', 'pin', 'unpin', 'lock', 'unlock', 'arm', 'observe'] as const;
export type OrderKind = (typeof orderKinds)[number];

/** The answer to an order that is in the log. */
export const givenOrderSchema = z.object({ id: z.string(), timeMs: z.number() });
export type GivenOrder = z.infer<typeof givenOrderSchema>;
