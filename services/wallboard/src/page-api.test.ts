import { expect, it } from 'vitest';
import { createPageApi } from './page-api.ts';

const lock = { kind: 'lock', router: 'gw1', note: 'repair' } as const;

it('asks with the token of the page, and names as they are', async () => {
  const asked: { readonly path: string; readonly init: RequestInit | undefined }[] = [];
  const api = createPageApi('flt_a', async (path, init) => {
    asked.push({ path: path instanceof Request ? path.url : path.toString(), init });
    return Response.json({ talkers: [] });
  });
  await api.topTalkers({ router: 'gw 1', wan: 'a/b' }, { minutes: 15, limit: 8 });
  expect(asked[0]?.path).toBe('/api/v1/wans/gw%201/a%2Fb/talkers?minutes=15&limit=8');
  expect(asked[0]?.init?.headers).toMatchObject({ authorization: 'Bearer flt_a' });
});

it('says why an order was not taken', async () => {
  const refusing = createPageApi(undefined, async () =>
    Response.json({ error: 'not-possible', message: 'gw1 is only watched' }, { status: 409 }),
  );
  expect(await refusing.giveOrder(lock)).toEqual({ ok: false, why: 'gw1 is only watched' });
  const odd = createPageApi(undefined, async () => Response.json(null, { status: 502 }));
  expect(await odd.giveOrder(lock)).toEqual({ ok: false, why: 'the server answered 502' });
  const silent = createPageApi(undefined, () => Promise.reject(new TypeError('fetch failed')));
  expect(await silent.giveOrder(lock)).toEqual({
    ok: false,
    why: 'no answer came; whether the order was taken shows under Events',
  });
});
