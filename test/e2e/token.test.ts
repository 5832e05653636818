import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, until } from '@fairlead/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type FairleadProcess,
  runFairlead,
  startFairlead,
  untilRunning,
} from './support/fairlead-process.ts';

let folder: ReturnType<typeof temporaryFolder>;
let child: FairleadProcess | undefined;

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(async () => {
  await child?.stop();
  child = undefined;
  folder.remove();
});

it('a token is made, lets in, is listed without itself, gives an order that stands, and is revoked', async () => {
  const file = join(folder.path, 'fairlead.yaml');
  writeFileSync(
    file,
    `dataDirectory: ${folder.path}/data
http: { port: 0 }
live: { access: token }
routers:
  - name: gw1
    site: s1
    address: 127.0.0.1
    api: { tls: false, user: u, password: p }
    wans:
      - { name: ISP1, interface: ether1, capacity: { rx: 50M, tx: 10M }, routingMark: ISP1_Route }
      - { name: ISP2, interface: ether2, capacity: { rx: 50M, tx: 10M }, routingMark: ISP2_Route }
    steering: {}
`,
  );
  const made = await runFairlead(['token', 'create', 'noc', '--write', '--sites', 's1', '--config', file]);
  expect([made.exitCode, made.stderr]).toEqual([
    0,
    expect.stringContaining('reads and gives orders, sites s1'),
  ]);
  const token = made.stdout.trim();
  expect(token).toMatch(/^flt_[0-9a-f]{8}_[\w-]{43}$/);

  child = startFairlead(['run', '--config', file, '--services', 'live-gateway']);
  const { url } = await untilRunning(`${folder.path}/data`, child);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const status = async (path: string, init: RequestInit = {}): Promise<number> =>
    (await fetch(`${url}${path}`, init)).status;
  expect(await status('/api/v1/wans')).toBe(401);
  expect(await status('/api/v1/wans', { headers })).toBe(200);
  const body = JSON.stringify({ kind: 'arm', router: 'gw1', note: 'tested for a week' });
  expect(await status('/api/v1/orders', { method: 'POST', headers, body })).toBe(202);
  const modeShown = async (): Promise<unknown> => {
    const events = await fetch(`${url}/api/v1/events`, { headers });
    return ((await events.json()) as { events: { order?: string; by?: string }[] }).events[0];
  };
  await until('the order among the events', async () => (await modeShown()) !== undefined);
  expect(await modeShown()).toMatchObject({ is: 'order', order: 'arm', by: 'noc', router: 'gw1' });

  const listed = await runFairlead(['token', 'list', '--json', '--config', file]);
  expect(JSON.parse(listed.stdout)).toMatchObject({ name: 'noc', state: 'good', sites: ['s1'], write: true });
  expect(listed.stdout).not.toContain(token.slice(13));
  expect((await runFairlead(['token', 'revoke', 'noc', '--config', file])).exitCode).toBe(0);
  await until('the end of it', async () => (await status('/api/v1/wans', { headers })) === 401);
  const again = await runFairlead(['token', 'revoke', 'noc', '--config', file]);
  expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining('is revoked already')]);
});

it('a site that is not there, and a life without end, are refused', async () => {
  const file = join(folder.path, 'fairlead.yaml');
  writeFileSync(file, `dataDirectory: ${folder.path}/data\nhttp: { host: 0.0.0.0 }\n`);
  const check = await runFairlead(['config', 'check', file]);
  expect([check.exitCode, check.stderr]).toEqual([
    2,
    expect.stringMatching(/:2:\d+: .*others can reach 0\.0\.0\.0/),
  ]);
  const forever = await runFairlead(['token', 'create', 'x', '--for', 'ever']);
  expect([forever.exitCode, forever.stderr]).toEqual([2, expect.stringContaining('12h or 90d')]);
});
