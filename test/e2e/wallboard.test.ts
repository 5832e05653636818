import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { EventLog } from '@fairlead/event-log';
import {
  actuation,
  appendRecords,
  createMemoryLog,
  runGateway,
  type RunningGateway,
  siteInventory,
  utilisation,
  wanEvent,
} from '@fairlead/live-gateway/testing';
import { requirement, temporaryFolder, until } from '@fairlead/testkit';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { repositoryRoot, runProgram } from '../../tools/run-program.ts';

const INTERVAL_MS = 500;
const MOST_SCRIPT_BYTES = 60 * 1024;

const folder = temporaryFolder();
const dist = join(folder.path, 'dist');
const browserNeed = requirement('chromium');
let browser: Browser | undefined;

beforeAll(async () => {
  const { exitCode, output } = await runProgram('vite', ['build', '--outDir', dist], {
    cwd: join(repositoryRoot, 'services/wallboard'),
    capture: true,
  });
  expect(exitCode, output).toBe(0);
});

afterAll(async () => {
  await browser?.close();
  folder.remove();
});

it('the script of the page is at most 60 KiB, gzipped', () => {
  const assets = join(dist, 'assets');
  const scripts = readdirSync(assets).filter((file) => file.endsWith('.js'));
  expect(scripts).not.toEqual([]);
  const bytes = scripts.reduce((sum, file) => sum + gzipSync(readFileSync(join(assets, file))).length, 0);
  expect(bytes).toBeLessThanOrEqual(MOST_SCRIPT_BYTES);
});

/** A site whose log outlives the gateway; what its samples say can be changed while they flow. */
interface Site {
  readonly log: EventLog;
  active: string;
  rxUtil: number;
  url(): string;
  /** Starts a gateway, where the one before it was. */
  open(wallboard?: string): Promise<void>;
  close(): Promise<void>;
  /** Sends samples from now on, or no longer. */
  flow(): void;
  dry(): void;
}

function createSite(wans: number): Site {
  const inventory = siteInventory({ intervalMs: INTERVAL_MS, wans });
  let gateway: RunningGateway | undefined;
  let timer: NodeJS.Timeout | undefined;
  const log = createMemoryLog();
  const sample = (): void => {
    const now = Date.now();
    void appendRecords(
      log,
      'wanUtilisation',
      (inventory[0]?.wans ?? []).map(({ name }) =>
        utilisation(name, now, {
          rxUtil: site.rxUtil,
          rxBps: site.rxUtil * 50e6,
          active: name === site.active,
        }),
      ),
    );
  };
  const site: Site = {
    log,
    active: 'ISP1',
    rxUtil: 0.5,
    url: () => gateway?.url ?? '',
    async open(wallboard = dist) {
      gateway = await runGateway(log, {
        config: { wallboard, simulated: true, tickMs: 500 },
        inventory,
        port: gateway ? Number(new URL(gateway.url).port) : 0,
      });
    },
    async close() {
      await gateway?.stop();
    },
    flow() {
      timer = setInterval(sample, INTERVAL_MS);
      sample();
    },
    dry: () => clearInterval(timer),
  };
  return site;
}

const sites: Site[] = [];
const pages: Page[] = [];

afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
  for (const site of sites.splice(0)) {
    site.dry();
    await site.close();
  }
});

async function openSite(wans = 2): Promise<Site> {
  const site = createSite(wans);
  sites.push(site);
  await site.open();
  site.flow();
  return site;
}

/** Opens the page in Chromium; problems of the page (errors, requests elsewhere) are collected. */
async function look(
  context: TestContext,
  site: Site,
  { query = '', width = 1_920, height = 1_080 } = {},
): Promise<{ readonly page: Page; readonly problems: readonly string[] }> {
  if (!browserNeed.met) return context.skip(browserNeed.reason);
  const url = site.url();
  browser ??= await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--headless=new',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
    ],
  });
  const page = await browser.newPage({ viewport: { width, height } });
  pages.push(page);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) problems.push(`request to ${request.url()}`);
  });
  await page.goto(`${url}/${query}`);
  await tile(page, 'ISP1').getByText('Normal').waitFor();
  return { page, problems };
}

const tile = (page: Page, wan: string) => page.locator(`[data-wan="gw1/${wan}"]`);
const titlesOf = (page: Page): Promise<string[]> => page.locator('.entry-title').allTextContents();

describe('the wallboard in a browser', () => {
  it('shows each WAN with rates, share of capacity and limits, and says that the site is simulated', async (context) => {
    const site = await openSite();
    const { page, problems } = await look(context, site);
    const isp1 = tile(page, 'ISP1');
    await isp1.getByText('ACTIVE — new connections go here').waitFor();
    expect(await isp1.locator('.in .rate').textContent()).toBe('25.0 Mbit/s');
    expect(await isp1.locator('.in .share').textContent()).toBe('50 % of 50 Mbit/s');
    expect(await isp1.getByRole('meter', { name: 'In' }).getAttribute('aria-valuenow')).toBe('50');
    expect(await isp1.locator('.legend').textContent()).toBe('return below 60 %leave above 80 %');
    expect(await isp1.locator('canvas').count()).toBe(1);
    expect(await tile(page, 'ISP2').getByText('Standby').isVisible()).toBe(true);
    expect(await page.getByText('SIMULATED SITE').isVisible()).toBe(true);
    expect(await page.getByRole('status').textContent()).toBe('All normal2 WANs');
    expect(problems).toEqual([]);
  });

  it('shows a limit crossed, the actuation, and the active mark at its new place', async (context) => {
    const site = await openSite();
    const { page } = await look(context, site);
    site.rxUtil = 0.9;
    await tile(page, 'ISP1').getByText('Busy').waitFor();
    await appendRecords(site.log, 'wanEvents', [
      wanEvent('threshold-above', Date.now(), { value: 0.9, limit: 0.8, message: 'three of five samples' }),
    ]);
    await page.getByText('ISP1 above its leave limit').waitFor();
    await appendRecords(site.log, 'actuations', [actuation(Date.now() + 1)]);
    site.active = 'ISP2';
    await tile(page, 'ISP2').getByText('ACTIVE — new connections go here').waitFor();
    await tile(page, 'ISP1').getByText('Standby').waitFor();
    expect(await titlesOf(page)).toEqual(['New connections moved to ISP2', 'ISP1 above its leave limit']);
    const entry = page.locator('.entry').first();
    expect(await entry.locator('.entry-change').textContent()).toBe('ISP1_RouteISP2_Route');
    expect(await entry.locator('.entry-facts span').allTextContents()).toEqual(['confirmed', '12 ms']);
    expect(await entry.locator('.entry-detail').textContent()).toBe('ISP1 at 86 % for 3 of 5 samples');
  });

  it('marks data that stops, strikes it out when it says nothing any more, and takes it back', async (context) => {
    const site = await openSite();
    const { page } = await look(context, site);
    site.dry();
    await page.locator('.tile[data-freshness="late"]').first().waitFor();
    const dead = tile(page, 'ISP1').and(page.locator('[data-freshness="dead"]'));
    await dead.getByText('No data').waitFor();
    await dead.getByText(/^stale \d+ s$/).waitFor();
    await dead.getByText('Not known whether new connections go here').waitFor();
    const struck = await page.evaluate(
      `getComputedStyle(document.querySelector('[data-freshness="dead"] .rate .number')).textDecorationLine`,
    );
    expect(struck).toBe('line-through');
    expect(await page.getByRole('status').textContent()).toBe('No data2 of 2 WANs');
    site.flow();
    await tile(page, 'ISP1').getByText('Normal').waitFor();
  });

  it('says that the server is gone, comes back by itself, and has lost no event', async (context) => {
    const site = await openSite();
    const { page } = await look(context, site);
    await appendRecords(site.log, 'wanEvents', [wanEvent('wan-down', Date.now(), { wan: 'ISP2' })]);
    await page.getByText('ISP2 is down').waitFor();
    await site.close();
    await page
      .getByRole('alert')
      .getByText(/^Connection lost for \d+ s$/)
      .waitFor();
    expect(await page.getByRole('status').textContent()).toContain('Not connected');
    await appendRecords(site.log, 'wanEvents', [wanEvent('wan-up', Date.now() + 1, { wan: 'ISP2' })]);
    await site.open();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await appendRecords(site.log, 'wanEvents', [wanEvent('counter-reset', Date.now() + 2, { wan: 'ISP2' })]);
    await page.getByText('ISP2 counters started again').waitFor();
    expect(await titlesOf(page)).toEqual(['ISP2 counters started again', 'ISP2 is up again', 'ISP2 is down']);
  });

  it('loads itself again when the server has another page', async (context) => {
    const site = await openSite();
    const { page } = await look(context, site);
    await page.evaluate('window.loadedFirst = true');
    const other = join(folder.path, 'other');
    cpSync(dist, other, { recursive: true });
    writeFileSync(
      join(other, 'index.html'),
      `${readFileSync(join(dist, 'index.html'), 'utf8')}<!-- newer -->`,
    );
    await site.close();
    await site.open(other);
    await until('the page loaded again', () =>
      page.evaluate('window.loadedFirst === undefined').catch(() => false),
    );
    await tile(page, 'ISP1').getByText('Normal').waitFor();
  });

  it('shows what others wrote as text, never as markup', async (context) => {
    const site = await openSite();
    const { page, problems } = await look(context, site);
    const message = '<img src=x onerror="document.title=1"><b>bold</b> & "quotes"';
    await appendRecords(site.log, 'wanEvents', [wanEvent('wan-down', Date.now(), { message })]);
    await page.locator('.entry-detail').waitFor();
    expect(await page.locator('.entry-detail').textContent()).toBe(message);
    expect(await page.locator('.entry img, .entry b').count()).toBe(0);
    expect(await page.title()).toBe('Fairlead wallboard');
    expect(problems).toEqual([]);
  });

  it.for([
    ['a television', 1_920, 1_080, 2],
    ['a television with eight WANs', 1_920, 1_080, 8],
    ['a laptop', 1_280, 720, 3],
    ['a tablet', 820, 1_180, 2],
    ['a phone', 390, 844, 2],
    ['a phone with eight WANs', 390, 844, 8],
  ] as const)('fits %s: nothing is cut off or covered', async ([, width, height, wans], context) => {
    const site = await openSite(wans);
    const { page } = await look(context, site, { width, height });
    await appendRecords(site.log, 'actuations', [actuation(Date.now())]);
    await page.locator('.entry').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    expect(await page.evaluate(FIND_COLLISIONS)).toEqual([]);
  });

  it('is worked by keyboard, and keeps its state in the address', async (context) => {
    const site = await openSite();
    const { page } = await look(context, site, { query: '?tz=UTC' });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('html[data-theme="light"]').waitFor();
    expect(new URL(page.url()).search).toBe('?tz=UTC&theme=light');
    await page.getByRole('button', { name: 'Hide the controls' }).click();
    await page.getByRole('button').waitFor({ state: 'detached' });
    expect(new URL(page.url()).searchParams.get('kiosk')).toBe('1');
    expect(await page.locator('.clock dt').textContent()).toBe('UTC');
    await page.keyboard.press('Escape');
    await page.getByRole('button').first().waitFor();
  });
});

/** Pairs of pieces of text that cover each other, and texts that are wider than their box. Runs in the page. */
const FIND_COLLISIONS = `(() => {
  const pieces = [...document.querySelectorAll('.strip > *, .strip dl > *, .router-line > *, .tile-head > *, .active-mark, .direction > *, .legend > *, .spark, .ticker h2')]
    .filter((node) => node.clientHeight > 1 && node.parentElement.clientHeight > 1)
    .map((node) => ({ node, box: node.getBoundingClientRect() }));
  const found = [];
  for (const [i, a] of pieces.entries()) {
    if (a.node.scrollWidth > a.node.clientWidth + 1) found.push('cut: ' + a.node.className);
    for (const b of pieces.slice(i + 1)) {
      if (a.node.contains(b.node) || b.node.contains(a.node)) continue;
      const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (wide > 1 && high > 1) found.push(a.node.className + ' and ' + b.node.className);
    }
  }
  return found;
})()`;
