import type { GivenOrder, OrderRequest, RouterDetail, TopTalkers } from '@fairlead/live-protocol';

const DEADLINE_MS = 10_000;

/** What a question to the server gave, or why it gave nothing. */
export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

/** The HTTP interface as this page uses it, with the token of the page. */
export interface PageApi {
  topTalkers(
    wan: { readonly router: string; readonly wan: string },
    range: { readonly minutes: number; readonly limit: number },
  ): Promise<Answer<TopTalkers>>;
  router(name: string): Promise<Answer<RouterDetail>>;
  giveOrder(order: OrderRequest): Promise<Answer<GivenOrder>>;
}

export function createPageApi(
  token: string | undefined,
  send: typeof fetch = (...asked) => fetch(...asked),
): PageApi {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };

  const ask = async <T>(path: string, init: RequestInit, silence: string): Promise<Answer<T>> => {
    try {
      const response = await send(path, {
        ...init,
        headers: { ...authorization, 'content-type': 'application/json' },
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      const body = (await response.json()) as unknown;
      return response.ok
        ? { ok: true, value: body as T }
        : { ok: false, why: refusalOf(body, response.status) };
    } catch {
      return { ok: false, why: silence };
    }
  };

  return {
    topTalkers: ({ router, wan }, { minutes, limit }) =>
      ask(
        `/api/v1/wans/${encodeURIComponent(router)}/${encodeURIComponent(wan)}/talkers?minutes=${minutes}&limit=${limit}`,
        {},
        'the server did not answer',
      ),
    router: (name) => ask(`/api/v1/routers/${encodeURIComponent(name)}`, {}, 'the server did not answer'),
    giveOrder: (order) =>
      ask(
        '/api/v1/orders',
        { method: 'POST', body: JSON.stringify(order) },
        'no answer came; whether the order was taken shows under Events',
      ),
  };
}

function refusalOf(body: unknown, status: number): string {
  const { message } = (body ?? {}) as { readonly message?: unknown };
  return typeof message === 'string' ? message : `the server answered ${status}`;
}
