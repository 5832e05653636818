import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import {
  appendRecords,
  connectLive,
  createMemoryLog,
  giveToken,
  type LiveTestClient,
  revokeTokens,
  runGateway,
  type RunningGateway,
  siteInventory,
  utilisation,
  wanEvent,
} from '../testing/index.ts';

const folder = temporaryFolder();
const running: RunningGateway[] = [];
const open: LiveTestClient[] = [];
let files = 0;

afterEach(async () => {
  for (const client of open.splice(0)) client.close();
  for (const gateway of running.splice(0)) await gateway.stop();
});

const newFile = (): string => join(folder.path, `tokens-${(files += 1)}.json`);

/** Two sites with a router each, read with tokens only. */
async function start(tokenFile: string, config: Record<string, unknown> = {}) {
  const [gw1] = siteInventory();
  if (!gw1) throw new Error('a site has a router');
  const log = createMemoryLog();
  const inventory = [gw1, { ...gw1, name: 'gw2', site: 'lone' }];
  const gateway = await runGateway(log, { inventory, config: { access: 'token', tokenFile, ...config } });
  running.push(gateway);
  const connect = async (token?: string): Promise<LiveTestClient> => {
    const client = await connectLive(gateway.url, token === undefined ? {} : { token });
    open.push(client);
    return client;
  };
  return { gateway, log, connect };
}

describe('a token', () => {
  it('is kept as a hash only, in a file that is only its owner’s', async () => {
    const file = newFile();
    const token = await giveToken(file);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain(token.split('_').at(-1));
    expect(text).toMatch(/"sha256": "[0-9a-f]{64}"/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('lets in, and nothing else does', async () => {
    const file = newFile();
    const good = await giveToken(file);
    const writer = await giveToken(file, { write: true });
    const expired = await giveToken(file, { expiresMs: Date.now() - 1 });
    const revoked = await giveToken(file);
    await revokeTokens(file, [revoked]);
    const { connect, gateway } = await start(file);
    expect(await (await connect(good)).take('welcome')).toMatchObject({ mayWrite: false });
    expect(await (await connect(writer)).take('welcome')).toMatchObject({ mayWrite: true });
    const forged = `${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}`;
    for (const [token, why] of [
      [undefined, /asks for a token/],
      ['', /unknown token/],
      [forged, /unknown token/],
      [expired, /is expired/],
      [revoked, /is revoked/],
    ] as const) {
      const client = await connect(token);
      expect(await client.take('error')).toMatchObject({ code: 'unauthorised', retryable: false });
      const { code, reason } = await client.ended();
      expect(code).toBe(4401);
      expect(reason).toMatch(why);
    }
    const refused = await gateway.telemetry.registry.getSingleMetric('fairlead_live_refused_total')?.get();
    expect(refused?.values).toMatchObject([{ labels: { reason: 'token' }, value: 5 }]);
  });

  it('in the address is no token', async () => {
    const file = newFile();
    const good = await giveToken(file);
    const { gateway } = await start(file);
    expect((await fetch(`${gateway.url}/api/v1/wans?token=${good}`)).status).toBe(401);
  });

  it('that is revoked, or expires, ends what is open with it', async () => {
    const file = newFile();
    const first = await giveToken(file);
    const second = await giveToken(file, { expiresMs: Date.now() + 1_500 });
    const { connect } = await start(file);
    const [one, two] = [await connect(first), await connect(second)];
    await one.take('welcome');
    await two.take('welcome');
    await revokeTokens(file, [first]);
    expect((await one.ended()).code).toBe(4401);
    expect((await two.ended()).code).toBe(4401);
  });

  it('file that breaks while running changes nothing', async () => {
    const file = newFile();
    const good = await giveToken(file);
    const { connect } = await start(file);
    writeFileSync(file, '{"version":1,"tok');
    const client = await connect(good);
    await client.take('welcome');
  });
});

describe('a token of one site', () => {
  it('shows that site in all channels, and the other one in none', async () => {
    const file = newFile();
    const token = await giveToken(file, { sites: ['kirnak'] });
    const { log, connect } = await start(file);
    const t = Date.now() - 10_000;
    await appendRecords(log, 'wanUtilisation', [
      utilisation('ISP1', t),
      utilisation('ISP1', t, { router: 'gw2', site: 'lone' }),
    ]);
    await appendRecords(log, 'wanEvents', [
      wanEvent('wan-down', t),
      wanEvent('wan-down', t, { id: 'other', router: 'gw2', site: 'lone' }),
    ]);
    const client = await connect(token);
    client.send({ type: 'sub', id: 1, ch: 'wan/*' });
    client.send({ type: 'sub', id: 2, ch: 'routers' });
    client.send({ type: 'sub', id: 3, ch: 'events/kirnak' });
    const [wans, routers, events] = [
      await client.take('snap'),
      await client.take('snap'),
      await client.take('snap'),
    ];
    expect(wans.ch === 'wan/*' && Object.keys(wans.rows)).toEqual(['gw1/ISP1']);
    expect(routers.ch === 'routers' && Object.keys(routers.d)).toEqual(['gw1']);
    expect(events.ch === 'events' && events.events.map(({ ev }) => ev.router)).toEqual(['gw1']);
    await appendRecords(log, 'wanUtilisation', [
      utilisation('ISP1', t + 1_000, { router: 'gw2', site: 'lone' }),
      utilisation('ISP1', t + 1_000),
    ]);
    expect(Object.keys((await client.take('delta')).d)).toEqual(['gw1/ISP1']);
  });

  it('is refused the channels of the other one, and the socket stays', async () => {
    const file = newFile();
    const token = await giveToken(file, { sites: ['kirnak'] });
    const { connect, gateway } = await start(file);
    const client = await connect(token);
    for (const ch of ['wan/lone/*', 'routers/lone', 'events/lone', 'wan/nowhere/*']) {
      client.send({ type: 'sub', id: 1, ch });
      expect(await client.take('error')).toMatchObject({ id: 1, code: 'forbidden', retryable: false });
    }
    client.send({ type: 'sub', id: 1, ch: 'wan/kirnak/*' });
    await client.take('snap');
    const headers = { authorization: `Bearer ${token}` };
    const listed = await (await fetch(`${gateway.url}/api/v1/wans`, { headers })).json();
    expect((listed as { wans: { router: string }[] }).wans.map(({ router }) => router)).toEqual([
      'gw1',
      'gw1',
    ]);
    expect((await fetch(`${gateway.url}/api/v1/wans/gw2/ISP1/billing`, { headers })).status).toBe(404);
  });
});

it('an open server still asks for a token that may write before an order', async () => {
  const file = newFile();
  const { gateway } = await start(file, { access: 'open' });
  expect((await fetch(`${gateway.url}/api/v1/wans`)).status).toBe(200);
  const order = { kind: 'lock', router: 'gw1', note: 'n' };
  const answer = await fetch(`${gateway.url}/api/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  });
  expect([answer.status, await answer.json()]).toMatchObject([403, { error: 'read-only' }]);
});
