import { mkdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  appendRecords,
  connectLive,
  createMemoryLog,
  runGateway,
  type RunningGateway,
  utilisation,
} from './testing/index.ts';

const folder = temporaryFolder();
const running: RunningGateway[] = [];
const start = async (wallboard: string, log = createMemoryLog()): Promise<RunningGateway> => {
  const gateway = await runGateway(log, { config: { wallboard } });
  running.push(gateway);
  return gateway;
};

afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.stop();
});

afterAll(() => folder.remove());

function buildPage(name: string, html: string): string {
  const page = join(folder.path, name);
  mkdirSync(join(page, 'assets'), { recursive: true });
  writeFileSync(join(page, 'index.html'), html);
  writeFileSync(join(page, 'assets', 'index-1a2b.js'), 'export {};');
  return page;
}

/** Status of a path that is sent as it is: `fetch` would take the dots out. */
const statusOf = (url: string, path: string): Promise<number> =>
  new Promise((settle, fail) => {
    get(url, { path }, (answer) => {
      answer.resume();
      settle(answer.statusCode ?? 0);
    }).on('error', fail);
  });

describe('the page', () => {
  it('is never kept without asking, its files for ever, and neither may do more than it must', async () => {
    const { url } = await start(buildPage('a', '<!doctype html><title>wall</title>'));
    const page = await fetch(`${url}/`);
    expect(await page.text()).toContain('<title>wall</title>');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    const script = await fetch(`${url}/assets/index-1a2b.js`);
    expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(script.headers.get('content-type')).toContain('javascript');
    expect(script.headers.get('content-security-policy')).not.toBeNull();
  });

  it('gives nothing outside its folder', async () => {
    const { url } = await start(buildPage('b', 'secret'));
    for (const path of [
      '/assets/../index.html',
      '/assets/%2e%2e/index.html',
      '/assets/..%2findex.html',
      '/assets/',
    ]) {
      expect(await statusOf(url, path), path).toBeGreaterThanOrEqual(400);
    }
  });

  it('says how to build it when it is not built', async () => {
    const { url } = await start(join(folder.path, 'absent'));
    const page = await fetch(`${url}/`);
    expect(page.status).toBe(503);
    expect(await page.text()).toContain('npm run build -w @fairlead/wallboard');
  });

  it('has a build id that follows its content', async () => {
    const builds: string[] = [];
    for (const html of ['one', 'two', 'two']) {
      const client = await connectLive((await start(buildPage('c', html))).url);
      builds.push((await client.take('welcome')).build);
      client.close();
    }
    expect(builds[0]).not.toBe(builds[1]);
    expect(builds[1]).toBe(builds[2]);
  });
});

describe('GET /api/v1/wans', () => {
  it('lists every WAN of the inventory, with and without samples', async () => {
    const log = createMemoryLog();
    const t = Date.now() - 5_000;
    await appendRecords(log, 'wanUtilisation', [utilisation('ISP1', t, { rxUtil: 0.5 })]);
    const { url } = await start('absent', log);
    const answer = await fetch(`${url}/api/v1/wans`);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.json()).toMatchObject({
      simulated: false,
      wans: [
        {
          site: 'kirnak',
          router: 'gw1',
          wan: 'ISP1',
          capacity: { rxBps: 50e6, txBps: 10e6 },
          latest: { timeMs: t, rxUtil: 0.5, active: true, condition: 'normal', stale: true },
        },
        { wan: 'ISP2', latest: null },
      ],
    });
  });
});

it('plain HTTP on /ws is told what to do', async () => {
  const { url } = await start('absent');
  const answer = await fetch(`${url}/ws`);
  expect(answer.status).toBe(426);
  expect(await answer.text()).toContain('wanboard.v1');
});
