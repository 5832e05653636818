import type { EventLog } from '@fairlead/event-log';
import {
  apiRoutes,
  eventsQuerySchema,
  historyQuerySchema,
  orderSchema,
  talkersQuerySchema,
} from '@fairlead/live-protocol';
import type { Clock, InventorySource, Router, Wan } from '@fairlead/model';
import type { RateLimitedLog } from '@fairlead/runtime';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Gatekeeper } from './access/gatekeeper.ts';
import { type Grant, maySee } from './access/grant.ts';
import { originAllowed } from './admission.ts';
import { giveOrder, orderProblem } from './give-order.ts';
import { listWans } from './list-wans.ts';
import type { LiveView } from './live-view.ts';
import type { GatewayMetrics } from './metrics.ts';
import { routerDetail } from './router-detail.ts';
import { type HistoryStore, readBilling, readHistory, readTalkers } from './read-store.ts';

const HOUR_MS = 3_600_000;
const MOST_STEPS = 2_000;
/** Questions to the store that are answered at once; it is there to take records first. */
const MOST_QUESTIONS = 4;

export interface ApiDeps {
  readonly view: LiveView;
  readonly log: EventLog;
  readonly inventory: InventorySource;
  readonly clock: Clock;
  readonly gatekeeper: Gatekeeper;
  /** Where this process has one. */
  readonly store: HistoryStore | undefined;
  readonly origins: readonly string[];
  readonly simulated: boolean;
  readonly metrics: GatewayMetrics;
  readonly warnings: RateLimitedLog;
}

/** An answer that is not what was asked for. */
class ApiRefusal extends Error {
  readonly status: number;
  readonly word: string;

  constructor(status: number, word: string, message: string) {
    super(message);
    this.status = status;
    this.word = word;
  }
}

/** The routes of `/api/v1`: reading, and orders. The same grant counts as for the WebSocket. */
export function addApi(app: FastifyInstance, deps: ApiDeps): void {
  const { view, inventory, clock, simulated, warnings } = deps;
  let questions = 0;

  const grantOf = (request: FastifyRequest): Grant => {
    const [, token] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const grant = deps.gatekeeper.admit(token);
    if (typeof grant !== 'string') return grant;
    deps.metrics.refused('token');
    throw new ApiRefusal(401, 'unauthorised', grant);
  };

  /** What may not be seen is not there. */
  const findRouter = (grant: Grant, name: string): Router | undefined => {
    const router = inventory.current().find((each) => each.name === name);
    return router && maySee(grant, router.site) ? router : undefined;
  };

  const wanOf = (request: FastifyRequest): { readonly router: Router; readonly wan: Wan } => {
    const grant = grantOf(request);
    const names = request.params as { readonly router: string; readonly wan: string };
    const router = findRouter(grant, names.router);
    const wan = router?.wans.find(({ name }) => name === names.wan);
    if (!router || !wan) {
      throw new ApiRefusal(404, 'unknown-wan', 'no such WAN');
    }
    return { router, wan };
  };

  const ask = async <T>(question: (store: HistoryStore) => Promise<T>): Promise<T> => {
    if (!deps.store) throw new ApiRefusal(503, 'no-store', 'this process has no telemetry store');
    if (questions >= MOST_QUESTIONS)
      throw new ApiRefusal(503, 'busy', 'too many questions at once; ask again');
    questions += 1;
    try {
      return await question(deps.store);
    } finally {
      questions -= 1;
    }
  };

  void app.register(async (api) => {
    api.addHook('onRequest', async (_request, reply) => {
      reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    });
    api.setErrorHandler(async (error, _request, reply) => answerError(error, reply, warnings));

    api.get(apiRoutes.wans.path, async (request) =>
      listWans(view.channelsOfSites(grantOf(request).sites), { nowMs: clock.nowMs(), simulated }),
    );

    api.get(apiRoutes.events.path, async (request) => {
      const grant = grantOf(request);
      const { router, limit } = parse(eventsQuerySchema, request.query);
      const all = view.channelsOfSites(grant.sites).events.items();
      const wanted = router === undefined ? all : all.filter((event) => event.router === router);
      return { nowMs: clock.nowMs(), events: wanted.slice(-limit).reverse() };
    });

    api.get(apiRoutes.history.path, async (request) => {
      const { router, wan } = wanOf(request);
      const asked = parse(historyQuerySchema, request.query);
      const untilMs = asked.untilMs ?? clock.nowMs();
      const fromMs = asked.fromMs ?? untilMs - HOUR_MS;
      const { stepMs } = asked;
      if (fromMs >= untilMs) throw new ApiRefusal(400, 'bad-request', 'fromMs must be before untilMs');
      if ((untilMs - fromMs) / stepMs > MOST_STEPS) {
        throw new ApiRefusal(400, 'too-much', `more than ${MOST_STEPS} steps; raise stepMs`);
      }
      const names = { router: router.name, wan: wan.name };
      const points = await ask((store) => readHistory(store, names, { fromMs, untilMs, stepMs }));
      return { site: router.site, ...names, stepMs, points };
    });

    api.get(apiRoutes.talkers.path, async (request) => {
      const { router, wan } = wanOf(request);
      const { minutes, limit } = parse(talkersQuerySchema, request.query);
      const untilMs = clock.nowMs();
      const fromMs = untilMs - minutes * 60_000;
      const names = { router: router.name, wan: wan.name };
      const talkers = await ask((store) => readTalkers(store, names, { fromMs, untilMs, limit }));
      return { site: router.site, ...names, sinceMs: fromMs, untilMs, talkers };
    });

    api.get(apiRoutes.router.path, async (request) => {
      const { router: name } = request.params as { readonly router: string };
      const router = findRouter(grantOf(request), name);
      if (!router) throw new ApiRefusal(404, 'unknown-router', 'no such router');
      return routerDetail(router, view.stateOf(router.name));
    });

    api.get(apiRoutes.billing.path, async (request) => {
      const { router, wan } = wanOf(request);
      const untilMs = clock.nowMs();
      const now = new Date(untilMs);
      const fromMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
      const names = { router: router.name, wan: wan.name };
      const billing = await ask((store) => readBilling(store, names, { fromMs, untilMs }));
      return {
        site: router.site,
        ...names,
        monthStartMs: fromMs,
        ...billing,
        commitBps: wan.cost?.commit ?? null,
      };
    });

    api.post(apiRoutes.orders.path, async (request, reply) => {
      const grant = grantOf(request);
      if (!grant.mayWrite || !grant.token) {
        throw new ApiRefusal(403, 'read-only', 'orders take a token that was made with --write');
      }
      const { origin, host } = request.headers;
      if (origin !== undefined && !originAllowed(origin, host, deps.origins)) {
        throw new ApiRefusal(403, 'origin', 'pages of this origin may not give orders');
      }
      const order = parse(orderSchema, request.body);
      const router = findRouter(grant, order.router);
      if (!router) throw new ApiRefusal(404, 'unknown-router', 'no such router');
      const problem = orderProblem(order, router, clock.nowMs());
      if (problem !== undefined) throw new ApiRefusal(409, 'not-possible', problem);
      const given = await giveOrder(deps.log, order, {
        site: router.site,
        timeMs: clock.nowMs(),
        token: grant.token,
        fromAddress: request.ip,
      });
      return reply.code(apiRoutes.orders.status).send(given);
    });
  });
}

function parse<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new ApiRefusal(
    400,
    'bad-request',
    `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`,
  );
}

function answerError(error: unknown, reply: FastifyReply, warnings: RateLimitedLog): FastifyReply {
  if (error instanceof ApiRefusal) {
    if (error.status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(error.status).send({ error: error.word, message: error.message });
  }
  const { statusCode } = error as { readonly statusCode?: number };
  if (statusCode !== undefined && statusCode < 500) {
    return reply.code(statusCode).send({ error: 'bad-request', message: (error as Error).message });
  }
  warnings.warn('api', { err: error }, 'a request could not be answered');
  return reply.code(500).send({ error: 'failed', message: 'this could not be answered; the log says why' });
}
