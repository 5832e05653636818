import { connect, createServer, type Socket } from 'node:net';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { actuation, appendRecords, wanEvent } from '@fairlead/live-gateway/testing';
import { until } from '@fairlead/testkit';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import {
  billed,
  dist,
  FIND_COLLISIONS,
  folder,
  inventoryOf,
  look,
  openSite,
  stateAt,
  storeWith,
  violationsOf,
} from './support/wallboard-site.ts';

const MOST_SCRIPT_BYTES = 60 * 1024;

it('the script of the page is at most 60 KiB, gzipped', () => {
  const assets = join(dist, 'assets');
  const scripts = readdirSync(assets).filter((file) => file.endsWith('.js'));
  expect(scripts).not.toEqual([]);
  const bytes = scripts.reduce((sum, file) => sum + gzipSync(readFileSync(join(assets, file))).length, 0);
  expect(bytes).toBeLessThanOrEqual(MOST_SCRIPT_BYTES);
});

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

  it('shows that a server says nothing, though the connection seems to stand, and catches up', async (context) => {
    const site = await openSite();
    const wire = await openWire(site.url());
    try {
      const { page } = await look(context, site, { from: wire.url });
      wire.pause();
      await appendRecords(site.log, 'wanEvents', [wanEvent('wan-down', Date.now(), { wan: 'ISP2' })]);
      await page.locator('.tile[data-freshness="late"]').first().waitFor();
      await page.getByRole('alert').getByText('no sign of life').waitFor();
      await page.locator('.tile[data-freshness="dead"]').first().waitFor();
      expect(await page.locator('#site-chart-title span').textContent()).toBe('No data');
      wire.resume();
      await page.getByRole('alert').waitFor({ state: 'detached' });
      await tile(page, 'ISP1').getByText('Normal').waitFor();
      expect(await titlesOf(page)).toEqual(['ISP2 is down']);
    } finally {
      await wire.close();
    }
  });

  it('shows all sites, one site by its link or its address, and turns through them by itself', async (context) => {
    const site = await openSite(inventoryOf(2, ['kirnak', 'van']));
    site.down.add('gw2/ISP2');
    const { page, problems } = await look(context, site, { query: '?tz=UTC' });
    await appendRecords(site.log, 'wanEvents', [
      wanEvent('wan-down', Date.now(), { site: 'van', router: 'gw2', wan: 'ISP2' }),
      wanEvent('counter-reset', Date.now(), {}),
    ]);
    const card = page.locator('[data-site="van"]');
    await card.getByText('WAN down').waitFor();
    expect(await page.locator('[data-site="kirnak"] header').textContent()).toBe('kirnakAll normal');
    await page.getByText('ISP1 counters started again').waitFor();

    await card.getByRole('link', { name: 'van' }).click();
    await page.locator('.tile[data-wan="gw2/ISP2"]').getByText('Down', { exact: true }).waitFor();
    await expect.poll(() => new URL(page.url()).search).toBe('?tz=UTC&site=van');
    expect(await page.locator('.tile').count()).toBe(2);
    expect(await titlesOf(page)).toEqual(['ISP2 is down']);
    expect(await page.locator('#site-chart-title').textContent()).toContain('van, all WANs');
    expect(await page.locator('.site-chart canvas').count()).toBe(1);
    expect(await page.getByRole('status').textContent()).toBe('WAN down1 of 2 WANs');
    await page.goBack();
    await card.waitFor();

    await page.goto(`${site.url()}/?site=nowhere`);
    await page.getByText('No site has the name “nowhere”.').waitFor();
    await page.goto(`${site.url()}/?kiosk=1&rotate=3`);
    for (const name of ['kirnak', 'van']) await page.getByText(`${name}, all WANs`).waitFor();
    await card.waitFor();
    expect(problems).toEqual([]);
  });

  it('is heard when something new is wrong, once, and only where it is asked for', async (context) => {
    const site = await openSite();
    const prepare = `{
      window.tones = 0;
      const make = AudioContext.prototype.createOscillator;
      AudioContext.prototype.createOscillator = function () { window.tones += 1; return make.call(this); };
    }`;
    const { page: silent } = await look(context, site, { prepare });
    const { page } = await look(context, site, { prepare, query: '?sound=1' });
    // What is wrong in the first seconds of a connection is seen, not heard; it stands by now.
    const standsMs = await page.evaluate<number>('performance.now()');
    await until('the page settled', () => page.evaluate(`performance.now() > ${standsMs + 3_500}`));
    expect(await page.evaluate('tones')).toBe(0);
    site.down.add('gw1/ISP2');
    await until('two tones', async () => (await page.evaluate('tones')) === 2);
    site.down.add('gw1/ISP1');
    await until('two more', async () => (await page.evaluate('tones')) === 4);
    await tile(silent, 'ISP1').getByText('Down').waitFor();
    expect(await silent.evaluate('tones')).toBe(0);
    await silent.getByRole('button', { name: 'Sound for new problems' }).click();
    expect(new URL(silent.url()).searchParams.get('sound')).toBe('1');
  });

  it.for([
    ['a site', '?theme=dark', inventoryOf(2), 1_280],
    ['a site in the light', '?theme=light', inventoryOf(2), 1_280],
    ['many WANs', '?theme=dark', inventoryOf(8), 1_280],
    ['all sites', '?theme=light', inventoryOf(2, ['kirnak', 'van']), 1_280],
    ['a phone', '?theme=light', inventoryOf(2), 390],
  ] as const)('%s: axe finds nothing that keeps people out', async ([, query, inventory, width], context) => {
    const site = await openSite(inventory);
    site.down.add('gw1/ISP2');
    const { page } = await look(context, site, { query, width, height: 800 });
    await appendRecords(site.log, 'actuations', [actuation(Date.now())]);
    await page.locator('.entry').waitFor();
    await page.locator('[data-wan="gw1/ISP2"]').getByText('Down').first().waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await site.close();
    await page.getByRole('alert').waitFor();
    await page.locator('[data-freshness="dead"]').first().waitFor();
    expect(await violationsOf(page)).toEqual([]);
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
    ['a television', 1_920, 1_080, inventoryOf(2)],
    ['a television with three WANs', 1_920, 1_080, inventoryOf(3)],
    ['a television with four WANs', 1_920, 1_080, inventoryOf(4)],
    ['a television with eight WANs', 1_920, 1_080, inventoryOf(8)],
    ['a television with twelve WANs', 1_920, 1_080, inventoryOf(6, ['kirnak', 'kirnak'])],
    ['a television with four sites', 1_920, 1_080, inventoryOf(4, ['kirnak', 'aral', 'tuz', 'van'])],
    ['a laptop', 1_280, 720, inventoryOf(3)],
    ['a laptop with eight WANs', 1_280, 720, inventoryOf(8)],
    ['a tablet', 820, 1_180, inventoryOf(2)],
    ['a phone', 390, 844, inventoryOf(2)],
    ['a phone with eight WANs', 390, 844, inventoryOf(8)],
    ['a phone with two sites', 390, 844, inventoryOf(3, ['kirnak', 'aral'])],
  ] as const)('fits %s: nothing is cut off or covered', async ([, width, height, inventory], context) => {
    const site = await openSite(billed(inventory), { store: storeWith(() => []) });
    const { page } = await look(context, site, { width, height });
    await appendRecords(site.log, 'routerState', [stateAt('ISP1')]);
    await appendRecords(site.log, 'actuations', [actuation(Date.now())]);
    await page.locator('.entry').waitFor();
    await page.locator('.share-fact, .sites').first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    // Nobody scrolls a wall.
    const hidden = await page.evaluate(
      `(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.querySelector('main'))`,
    );
    expect(hidden).toBe(0);
    expect(await page.evaluate(FIND_COLLISIONS)).toEqual([]);
  });

  it('is worked by keyboard, and keeps its state in the address', async (context) => {
    const site = await openSite();
    const { page } = await look(context, site, { query: '?tz=UTC' });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('html[data-theme="light"]').waitFor();
    await expect.poll(() => new URL(page.url()).search).toBe('?tz=UTC&theme=light');
    await page.getByRole('button', { name: 'Hide the controls' }).click();
    await page.getByRole('button').waitFor({ state: 'detached' });
    await expect.poll(() => new URL(page.url()).searchParams.get('kiosk')).toBe('1');
    expect(await page.locator('.clock dt').textContent()).toBe('UTC');
    await page.keyboard.press('Escape');
    await page.getByRole('button').first().waitFor();
  });
});

/** A wire to a server that can be held: connections stand, and nothing comes through. */
async function openWire(to: string) {
  const sockets = new Set<Socket>();
  let held = false;
  const server = createServer((near) => {
    const far = connect(Number(new URL(to).port), '127.0.0.1');
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
      if (held) socket.pause();
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    pause() {
      held = true;
      for (const socket of sockets) socket.pause();
    },
    resume() {
      held = false;
      for (const socket of sockets) socket.resume();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
