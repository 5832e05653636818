import { join } from 'node:path';
import {
  actuation,
  appendRecords,
  giveToken,
  revokeTokens,
  utilisation,
  wanEvent,
} from '@fairlead/live-gateway/testing';
import { Decision, type Inventory, RouterInterface } from '@fairlead/model';
import { temporaryFolder } from '@fairlead/testkit';
import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it, type TestContext } from 'vitest';
import {
  billed,
  inventoryOf,
  look,
  openSite,
  type Site,
  stateAt,
  storeWith,
  violationsOf,
} from './support/wallboard-site.ts';

const folder = temporaryFolder();
const tokenFile = join(folder.path, 'tokens.json');

afterAll(() => folder.remove());

const tile = (page: Page, wan: string) => page.locator(`.tile[data-wan="gw1/${wan}"]`);
const dialogOf = (page: Page) => page.getByRole('dialog');

/** The page as somebody sees it whose token may give orders. */
async function lookWithRight(context: TestContext, site: Site, width = 1_920) {
  const token = await giveToken(tokenFile, { name: 'shift', write: true });
  // The gateway looks once a second for new tokens.
  await site.close();
  await site.open();
  const { page, problems } = await look(context, site, { query: `?tz=UTC#t=${token}`, width });
  await page.getByRole('group', { name: 'Orders for gw1' }).waitFor();
  return { page, problems, token };
}

const openOrders = (inventory?: Inventory): Promise<Site> => openSite(inventory, { config: { tokenFile } });

describe('a tile', () => {
  it('says what a WAN gets of the new connections, what is wanted, and what the month costs', async (context) => {
    const site = await openSite(billed(inventoryOf(2)), { store: storeWith(() => []) });
    const { page } = await look(context, site);
    const facts = tile(page, 'ISP1').locator('.wan-facts');
    const month = facts.locator('.month-fact');
    expect(await month.textContent()).toBe('p95 of the monthin 31.2, out 4.0031.2 over 25 Mbit/s');
    expect(await facts.getByText('New connections').count()).toBe(0);
    await appendRecords(site.log, 'routerState', [stateAt('ISP1')]);
    await facts.getByText('100 %').waitFor();
    expect(await facts.locator('.share-fact').textContent()).toBe('New connections conn.100 %');
    await appendRecords(site.log, 'decisions', [
      {
        ...Decision.decode(new Uint8Array()),
        timeMs: Date.now(),
        router: 'gw1',
        fromWan: 'ISP1',
        toWan: 'ISP2',
      },
    ]);
    await facts.getByText('wanted 0 %').waitFor();
    expect(await tile(page, 'ISP2').locator('.share-fact').textContent()).toBe(
      'New connections conn.0 % wanted 100 %',
    );
  });

  it('says latency and loss, and in a word when they are bad', async (context) => {
    const site = await openSite();
    const { page } = await look(context, site);
    const ping = tile(page, 'ISP1').locator('.quality-fact dd');
    expect(await ping.textContent()).toBe('not measured');
    const pinged = (probeLoss: number, probeRttMs?: number) =>
      appendRecords(site.log, 'wanUtilisation', [
        utilisation('ISP1', Date.now(), { probeLoss, ...(probeRttMs === undefined ? {} : { probeRttMs }) }),
      ]);
    await pinged(0, 12.4);
    await ping.getByText('12 ms · 0 % loss').waitFor();
    await pinged(1);
    await ping.getByText('50 % loss').waitFor();
    expect(await ping.textContent()).toBe('12 ms · 50 % loss failing');
  });

  it('leads to the top talkers of its WAN, and says so when there is no answer', async (context) => {
    let fails = false;
    const store = storeWith(() => {
      if (fails) throw new Error('the store is away');
      return [
        { address: '10.0.0.7', rxBytes: 9e9, txBytes: 9e7, flows: 4 },
        { address: '2001:db8::7', rxBytes: 9e8, txBytes: 0, flows: 1 },
      ];
    });
    const site = await openSite(inventoryOf(2), { store });
    const { page } = await look(context, site, { query: '?tz=UTC' });
    await tile(page, 'ISP2').getByRole('link', { name: 'ISP2' }).click();
    const talkers = page.getByRole('region', { name: 'Top talkers of ISP2' });
    await talkers.getByText('10.0.0.7').waitFor();
    await expect.poll(() => new URL(page.url()).searchParams.get('wan')).toBe('gw1/ISP2');
    expect(await talkers.locator('tbody tr').allTextContents()).toEqual([
      '10.0.0.780.0 Mbit/s800 kbit/s',
      '2001:db8::78.00 Mbit/s0.00 bit/s',
    ]);
    expect(await violationsOf(page)).toEqual([]);
    await talkers.getByRole('button', { name: 'Close' }).click();
    await talkers.waitFor({ state: 'detached' });
    fails = true;
    await tile(page, 'ISP2').getByRole('link', { name: 'ISP2' }).click();
    await talkers.getByText('Not to be had: this could not be answered; the log says why.').waitFor();
  });
});

describe('a router', () => {
  it('is shown in detail: what it is, what was decided and done, its WANs and interfaces', async (context) => {
    const site = await openSite();
    const { page, problems } = await look(context, site, { query: '?tz=UTC' });
    const state = { ...stateAt('ISP2'), boardName: 'RB5009', uptimeMs: 7_260_000n };
    const port = {
      ...RouterInterface.decode(new Uint8Array()),
      name: 'ether2',
      type: 'ether',
      running: false,
    };
    await appendRecords(site.log, 'routerState', [{ ...state, interfaces: [port] }]);
    await appendRecords(site.log, 'actuations', [actuation(Date.now())]);
    await page.getByRole('link', { name: 'gw1' }).focus();
    await page.keyboard.press('Enter');
    const panel = (name: string) => page.getByRole('region', { name, exact: true });
    await panel('Interfaces').getByRole('row', { name: 'ether2 ether not running ISP2' }).waitFor();
    await expect.poll(() => new URL(page.url()).search).toBe('?tz=UTC&site=kirnak&router=gw1');
    expect(await panel('The router').textContent()).toMatch(
      /Reachableyes.*BoardRB5009.*Runningfor 2 h 1 min/,
    );
    expect(await panel('Steering').textContent()).toContain('Mark nowISP2_Route (ISP2)');
    await panel('Last decisions, changes and orders').getByText('New connections moved to ISP2').waitFor();
    expect(await panel('WANs').getByRole('row').count()).toBe(3);
    expect(await violationsOf(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await violationsOf(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);

    await page.reload();
    await panel('Interfaces').waitFor();
    await page.getByRole('link', { name: 'Back to the WANs of kirnak' }).click();
    await tile(page, 'ISP1').waitFor();
    await page.goBack();
    await panel('Interfaces').waitFor();
    await page.goto(`${site.url()}/?router=gw9`);
    await page.getByText('No router has the name “gw9”.').waitFor();
    expect(problems).toEqual([]);
  });
});

describe('orders', () => {
  it('are not offered without a token that may write, nor on a wall', async (context) => {
    const site = await openOrders();
    const { page } = await look(context, site);
    await appendRecords(site.log, 'wanEvents', [wanEvent('wan-down', Date.now(), { wan: 'ISP2' })]);
    await page.getByText('ISP2 is down').waitFor();
    const buttons = page.locator('main button, .entry button');
    expect(await buttons.count()).toBe(0);
    const { page: own } = await lookWithRight(context, site);
    await own.getByRole('button', { name: 'Acknowledge ISP2 is down' }).waitFor();
    await own.getByRole('button', { name: 'Hide the controls' }).click();
    await own.locator('html[data-kiosk="true"]').waitFor();
    expect(await own.locator('main button, .entry button').count()).toBe(0);
  });

  it('lock a router by keyboard alone, and end the lock', async (context) => {
    const site = await openOrders();
    const { page, problems } = await lookWithRight(context, site);
    const lock = page.getByRole('button', { name: 'Lock', exact: true });
    await lock.focus();
    await page.keyboard.press('Enter');
    const dialog = dialogOf(page);
    expect(await dialog.getAttribute('aria-labelledby')).toBe('order-title');
    await dialog.getByText('Fairlead decides nothing for gw1 until somebody ends the lock').waitFor();
    expect(await dialog.getByRole('button', { name: 'Lock' }).isDisabled()).toBe(true);
    // Escape gives nothing, and one is where one was.
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Lock');

    await page.keyboard.press('Enter');
    // The dialog takes the focus when it is drawn.
    await dialog.locator('textarea:focus, input:focus').waitFor();
    await page.keyboard.type('ISP1 is being repaired');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await dialog.getByRole('status').getByText('The order is given').waitFor();
    await dialog.locator('button:focus').getByText('Close').waitFor();
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('Locked for maintenance: nothing is decided').waitFor();
    await page.getByText('shift: lock gw1').waitFor();
    await page.getByText('ISP1 is being repaired').waitFor();

    await page.getByRole('button', { name: 'End lock' }).click();
    await dialog.getByLabel('Note').fill('done');
    await dialog.getByRole('button', { name: 'End the lock' }).click();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByText('Locked for maintenance').waitFor({ state: 'detached' });
    expect(problems).toEqual([]);
  });

  it('pin a WAN with an end, arm a router, and let it only be observed again', async (context) => {
    const site = await openOrders();
    const { page } = await lookWithRight(context, site);
    const dialog = dialogOf(page);
    await page.getByRole('button', { name: 'Pin', exact: true }).click();
    await dialog.getByText('nothing is written to it until it is armed').waitFor();
    await dialog.getByRole('combobox', { name: 'WAN' }).selectOption('ISP2');
    await dialog.getByRole('combobox', { name: 'For' }).selectOption('4 hours');
    await dialog.getByText(/^The pin ends by itself at .*\d\d:\d\d:\d\d UTC\.$/).waitFor();
    await dialog.getByLabel('Note').fill('the provider works on ISP1');
    await dialog.getByRole('button', { name: 'Pin' }).click();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByText(/^Pinned to ISP2 until /).waitFor();
    await page.getByRole('button', { name: 'End pin' }).waitFor();

    for (const [name, mode] of [
      ['Arm', 'armed'],
      ['Only observe', 'observe'],
    ] as const) {
      await page.getByRole('button', { name, exact: true }).click();
      await dialog.getByLabel('Note').fill('trial');
      await dialog.getByRole('button', { name, exact: true }).click();
      await dialog.getByRole('button', { name: 'Close' }).click();
      await page.locator(`.mode[data-mode="${mode}"]`).waitFor();
    }
  });

  it('acknowledge what happened and the state that a WAN is in, for as long as it is in it', async (context) => {
    const site = await openOrders();
    const { page } = await lookWithRight(context, site);
    await appendRecords(site.log, 'wanEvents', [wanEvent('counter-reset', Date.now())]);
    site.down.add('gw1/ISP2');
    const dialog = dialogOf(page);
    await page.getByRole('button', { name: 'Acknowledge ISP1 counters started again' }).click();
    await dialog.getByRole('heading', { name: 'Acknowledge: ISP1 counters started again' }).waitFor();
    await dialog.getByLabel('Note').fill('firmware');
    await dialog.getByRole('button', { name: 'Acknowledge' }).click();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page
      .locator('.entry')
      .getByText(/^Seen by shift, .*: firmware$/)
      .waitFor();

    await appendRecords(site.log, 'wanEvents', [wanEvent('wan-down', Date.now(), { wan: 'ISP2' })]);
    const fallen = page.locator('.entry[data-is="event"]').filter({ hasText: 'ISP2 is down' });
    await fallen.getByRole('button', { name: 'Acknowledge ISP2 is down' }).waitFor();
    await page.getByRole('button', { name: 'Acknowledge ISP2: Down' }).click();
    await dialog.getByLabel('Note').fill('fibre cut, ticket 17');
    await dialog.getByRole('button', { name: 'Acknowledge' }).click();
    await dialog.getByRole('button', { name: 'Close' }).click();
    const seen = tile(page, 'ISP2').getByText(/^Seen by shift, .*: fibre cut, ticket 17$/);
    await seen.waitFor();
    // Who has seen the state has seen what led to it.
    await fallen.getByText(/^Seen by shift, .*: fibre cut, ticket 17$/).waitFor();
    expect(await fallen.getByRole('button').count()).toBe(0);
    site.down.clear();
    await seen.waitFor({ state: 'detached' });
    await tile(page, 'ISP2').getByText('Normal').waitFor();
    site.down.add('gw1/ISP2');
    await page.getByRole('button', { name: 'Acknowledge ISP2: Down' }).waitFor();
  });

  it('say why one was refused, and keep what was written', async (context) => {
    const site = await openOrders();
    const { page } = await lookWithRight(context, site);
    await page.route('**/api/v1/orders', (route) =>
      route.fulfill({ status: 409, json: { error: 'not-possible', message: 'gw1 is <b>only</b> watched' } }),
    );
    const dialog = dialogOf(page);
    await page.getByRole('button', { name: 'Lock', exact: true }).click();
    await dialog.getByLabel('Note').fill('repair');
    await dialog.getByRole('button', { name: 'Lock' }).click();
    await dialog.getByRole('alert').getByText('Not given: gw1 is <b>only</b> watched').waitFor();
    expect(await dialog.getByLabel('Note').inputValue()).toBe('repair');
    await page.unroute('**/api/v1/orders');
    await dialog.getByRole('button', { name: 'Lock' }).click();
    await dialog.getByRole('status').waitFor();
  });

  it('end with the token', async (context) => {
    const site = await openOrders();
    const { page, token } = await lookWithRight(context, site);
    await revokeTokens(tokenFile, [token]);
    await page.getByRole('alert').getByText('the server asks for a token').waitFor();
  });

  it.for([
    ['a desk', 1_280],
    ['a phone', 390],
  ] as const)('axe finds nothing that keeps people out, at %s', async ([, width], context) => {
    const site = await openOrders();
    const { page } = await lookWithRight(context, site, width);
    await appendRecords(site.log, 'wanEvents', [wanEvent('wan-down', Date.now(), { wan: 'ISP2' })]);
    await page.getByRole('button', { name: 'Acknowledge ISP2 is down' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'Pin', exact: true }).click();
    const dialog = dialogOf(page);
    await dialog.waitFor();
    expect(await violationsOf(page)).toEqual([]);
    const box = await dialog.boundingBox();
    expect(box && box.x >= 0 && box.x + box.width <= width).toBe(true);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  });
});
