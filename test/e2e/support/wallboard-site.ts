import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { EventLog } from '@fairlead/event-log';
import {
  appendRecords,
  createMemoryLog,
  runGateway,
  type RunningGateway,
  siteInventory,
  utilisation,
} from '@fairlead/live-gateway/testing';
import { fixedInventory, type Inventory, RouterState, SteeringRule } from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { requirement, temporaryFolder } from '@fairlead/testkit';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, type TestContext } from 'vitest';
import { createOrderedInventory } from '../../../services/fairlead/src/ordered-inventory.ts';
import { repositoryRoot, runProgram } from '../../../tools/run-program.ts';

const INTERVAL_MS = 500;

export const folder = temporaryFolder();
/** The page, built for this run. */
export const dist = join(folder.path, 'dist');
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

type GatewayOptions = NonNullable<Parameters<typeof runGateway>[1]>;
type SiteOptions = Pick<GatewayOptions, 'config' | 'store'>;

/** A site whose log outlives the gateway; what its samples say can be changed while they flow. */
export interface Site {
  readonly log: EventLog;
  active: string;
  rxUtil: number;
  /** WANs whose interface is not running, as `router/wan`. */
  readonly down: Set<string>;
  url(): string;
  /** Starts a gateway, where the one before it was. */
  open(wallboard?: string): Promise<void>;
  close(): Promise<void>;
  /** Sends samples from now on, or no longer. */
  flow(): void;
  dry(): void;
  end(): Promise<void>;
}

async function createSite(routers: Inventory, options: SiteOptions): Promise<Site> {
  let gateway: RunningGateway | undefined;
  let timer: NodeJS.Timeout | undefined;
  const log = createMemoryLog();
  // Orders count here as they do in the program.
  const { inventory, component } = createOrderedInventory(fixedInventory(routers), {
    log,
    telemetry: createTelemetry({ level: 'silent' }),
  });
  await component.start();
  const sample = (): void => {
    const now = Date.now();
    void appendRecords(
      log,
      'wanUtilisation',
      routers.flatMap((router) =>
        router.wans.map(({ name }) =>
          utilisation(name, now, {
            site: router.site,
            router: router.name,
            rxUtil: site.rxUtil,
            rxBps: site.rxUtil * 50e6,
            active: name === site.active,
            running: !site.down.has(`${router.name}/${name}`),
          }),
        ),
      ),
    );
  };
  const site: Site = {
    log,
    active: 'ISP1',
    rxUtil: 0.5,
    down: new Set(),
    url: () => gateway?.url ?? '',
    async open(wallboard = dist) {
      gateway = await runGateway(log, {
        config: { wallboard, simulated: true, tickMs: 500, ...options.config },
        inventory,
        ...(options.store === undefined ? {} : { store: options.store }),
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
    async end() {
      site.dry();
      await site.close();
      await component.stop();
    },
  };
  return site;
}

const sites: Site[] = [];
const pages: Page[] = [];

afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
  for (const site of sites.splice(0)) await site.end();
});

/** Sites with one router each, all with as many WANs; the first one is kirnak with gw1. */
export function inventoryOf(wans: number, sites = ['kirnak']): Inventory {
  const routers = siteInventory({ intervalMs: INTERVAL_MS, wans });
  return sites.flatMap((site, i) => routers.map((router) => ({ ...router, site, name: `gw${i + 1}` })));
}

/** The same routers, with every WAN paid up to 25 Mbit/s. */
export const billed = (inventory: Inventory): Inventory =>
  inventory.map((router) => ({
    ...router,
    wans: router.wans.map((wan) => ({ ...wan, cost: { perGb: 0, commit: 25e6 } })),
  }));

/** A store that answers what the page asks for; `talkers` may also be what goes wrong. */
export function storeWith(talkers: () => readonly object[]) {
  return {
    async query(sql: string) {
      const rows = sql.includes('FROM flows') ? talkers() : [{ windows: 9, rx: 31.2e6, tx: 4e6 }];
      return {
        body: new TextEncoder().encode(rows.map((row) => JSON.stringify(row)).join('\n')),
        format: 'JSONEachRow' as const,
      };
    },
  };
}

/** What the router says of itself: new connections go to `wan`. */
export const stateAt = (wan: string): RouterState => ({
  ...RouterState.decode(new Uint8Array()),
  timeMs: Date.now(),
  router: 'gw1',
  reachable: true,
  version: '7.20',
  steeringRules: [
    {
      ...SteeringRule.decode(new Uint8Array()),
      chain: 'prerouting',
      action: 'mark-routing',
      comment: 'Load-Balancing here',
      newRoutingMark: `${wan}_Route`,
    },
  ],
});

/** A site whose samples flow, until the test ends. */
export async function openSite(inventory = inventoryOf(2), options: SiteOptions = {}): Promise<Site> {
  const site = await createSite(inventory, options);
  sites.push(site);
  await site.open();
  site.flow();
  return site;
}

/** Opens the page in Chromium; problems of the page (errors, requests elsewhere) are collected. */
export async function look(
  context: TestContext,
  site: Site,
  { query = '', width = 1_920, height = 1_080, prepare = '', from = site.url() } = {},
): Promise<{ readonly page: Page; readonly problems: readonly string[] }> {
  if (!browserNeed.met) return context.skip(browserNeed.reason);
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
      // As on a wall that nobody touches.
      '--autoplay-policy=no-user-gesture-required',
    ],
  });
  const page = await browser.newPage({ viewport: { width, height } });
  pages.push(page);
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(from)) problems.push(`request to ${request.url()}`);
  });
  if (prepare !== '') await page.addInitScript(prepare);
  await page.goto(`${from}/${query}`);
  await page.locator('[data-wan="gw1/ISP1"]').getByText('Normal').waitFor();
  return { page, problems };
}

/** What axe-core finds in a page that keeps people out. */
export async function violationsOf(page: Page): Promise<unknown> {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8'));
  return page.evaluate(FIND_VIOLATIONS);
}

/** What axe-core says is wrong, with the place of each. Runs in the page. */
const FIND_VIOLATIONS = `axe.run().then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' at ' + target + ': ' + failureSummary)))`;

/** Pairs of pieces of text that cover each other, and texts that are wider than their box. Runs in the page. */
export const FIND_COLLISIONS = `(() => {
  const pieces = [...document.querySelectorAll('.strip > *, .strip dl > *, nav, .router-line > *, .tile-head > *, .active-mark, .wan-facts > div > *, .direction > *, .legend > *, .spark, .site > header > *, .site td, .site th, .site-chart > *, .ticker h2')]
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
