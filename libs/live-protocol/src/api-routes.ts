import { z } from 'zod';
import {
  listedEventsSchema,
  listedWansSchema,
  routerDetailSchema,
  topTalkersSchema,
  wanBillingSchema,
  wanHistorySchema,
} from './api.ts';
import { givenOrderSchema, orderSchema } from './orders.ts';

/** One route of the HTTP interface; the OpenAPI document and the server are made of the same table. */
export interface ApiRoute {
  readonly method: 'get' | 'post';
  /** With `:name` for what is part of the path. */
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
  readonly status: 200 | 202;
}

const whole = (least: number, most: number, usual: number) =>
  z.coerce.number().int().min(least).max(most).default(usual);
const DAY_MS = 86_400_000;

export const historyQuerySchema = z.object({
  fromMs: z.coerce.number().int().min(0).optional().describe('Unix milliseconds; an hour before untilMs.'),
  untilMs: z.coerce.number().int().min(0).optional().describe('Unix milliseconds, not included; now.'),
  stepMs: whole(1_000, DAY_MS, 60_000).describe('At most 2 000 steps.'),
});
export const talkersQuerySchema = z.object({
  minutes: whole(1, 1_440, 15).describe('How far back from now.'),
  limit: whole(1, 100, 10),
});
export const eventsQuerySchema = z.object({
  router: z.string().max(63).optional(),
  limit: whole(1, 1_000, 100),
});

export const apiRoutes = {
  wans: {
    method: 'get',
    path: '/api/v1/wans',
    summary: 'Every WAN as it is now.',
    answer: listedWansSchema,
    status: 200,
  },
  events: {
    method: 'get',
    path: '/api/v1/events',
    summary: 'The last events, decisions, actuations and orders.',
    query: eventsQuerySchema,
    answer: listedEventsSchema,
    status: 200,
  },
  history: {
    method: 'get',
    path: '/api/v1/wans/:router/:wan/history',
    summary: 'The load of a WAN over time, from the store.',
    query: historyQuerySchema,
    answer: wanHistorySchema,
    status: 200,
  },
  talkers: {
    method: 'get',
    path: '/api/v1/wans/:router/:wan/talkers',
    summary: 'Who inside used a WAN most, from flows.',
    query: talkersQuerySchema,
    answer: topTalkersSchema,
    status: 200,
  },
  router: {
    method: 'get',
    path: '/api/v1/routers/:router',
    summary: 'A router as it was when it was last read.',
    answer: routerDetailSchema,
    status: 200,
  },
  billing: {
    method: 'get',
    path: '/api/v1/wans/:router/:wan/billing',
    summary: 'The 95th percentile of the month so far, from exact five-minute means.',
    answer: wanBillingSchema,
    status: 200,
  },
  orders: {
    method: 'post',
    path: '/api/v1/orders',
    summary: 'Gives an order; takes a token that may write. What came of it shows in the events.',
    body: orderSchema,
    answer: givenOrderSchema,
    status: 202,
  },
} as const satisfies Readonly<Record<string, ApiRoute>>;
