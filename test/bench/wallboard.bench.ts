/**
 * The page in Chromium, as it is built.
 *
 * - `freshness`: from the time of a counter sample, as the collector of `fairlead run` stamps it, through log, processor,
 *   gateway and WebSocket to the frame after the one that it is painted in. 12 WANs of two simulated routers.
 * - `paint`: first paint, and the first tile with numbers, of five cold loads.
 * - `steady`: 60 s of 12 WANs at 4 Hz: tasks of the main thread by Chromium's profiler, and processor time of all of
 *   Chromium's processes beside one with an empty page.
 * - `day`: 86 400 seconds of 12 WANs, with events and three restarts of the server, as fast as the page takes them: the heap
 *   after each half hour, when garbage is collected.
 *
 * `--only freshness,paint` makes a run shorter; `--seconds N` of freshness and steady (60).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { ServerMessageOf } from '@fairlead/live-protocol';
import {
  appendRecords,
  connectLive,
  createMemoryLog,
  runGateway,
  type RunningGateway,
  siteInventory,
  utilisation,
} from '@fairlead/live-gateway/testing';
import { requirement, temporaryFolder, until } from '@fairlead/testkit';
import { report } from './support/report.ts';
import { buildWallboard, openWallBrowser, type WallBrowser } from './support/wall-browser.ts';
import { openWallDay } from './support/wall-day.ts';
import { openWallSite } from './support/wall-site.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: 'freshness,paint,steady,day' },
    seconds: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
  },
});
const SECONDS = Number(options.seconds);
const SAMPLE_MS = 250;
const inventory = siteInventory({ intervalMs: SAMPLE_MS, wans: 6 }).flatMap((router) =>
  ['gw1', 'gw2'].map((name) => ({ ...router, name })),
);
const folder = temporaryFolder();
const FIRST_NUMBER = `document.querySelector('.tile[data-sample-ms]') !== null`;

interface Painted {
  readonly sampleMs: number;
  readonly arrivedMs: number;
  readonly paintedMs: number;
}

/**
 * Notes for each sample when its message arrived and when the frame after the first one began that shows it, or a newer
 * sample of that WAN. Runs in the page.
 */
const WATCH_FRAMES = `(() => {
  const waiting = new Map();
  window.painted = [];
  const listen = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'onmessage');
  Object.defineProperty(WebSocket.prototype, 'onmessage', {
    set(take) {
      listen.set.call(this, (message) => {
        const arrivedMs = Date.now();
        const { type, ch, d } = JSON.parse(message.data);
        if (type === 'delta' && ch === 'wan/*') for (const key in d) {
          if (!waiting.has(key)) waiting.set(key, []);
          waiting.get(key).push({ sampleMs: d[key][0], arrivedMs });
        }
        take.call(this, message);
      });
    },
  });
  new MutationObserver((changes) => {
    const shown = [];
    for (const { target: { dataset } } of changes) {
      const own = waiting.get(dataset.wan) ?? [];
      while (own.length > 0 && own[0].sampleMs <= Number(dataset.sampleMs)) shown.push(own.shift());
    }
    requestAnimationFrame(() => {
      const paintedMs = Date.now();
      for (const sample of shown) window.painted.push({ ...sample, paintedMs });
    });
  }).observe(document, { subtree: true, attributeFilter: ['data-sample-ms'] });
})()`;

/** Notes when the frame after the first one with numbers began. Runs in the page. */
const WATCH_FIRST = `new MutationObserver((_, watch) => {
  if (!(${FIRST_NUMBER})) return;
  watch.disconnect();
  requestAnimationFrame(() => (window.numbersMs = performance.now()));
}).observe(document, { subtree: true, childList: true, attributeFilter: ['data-sample-ms'] })`;

async function measureFreshness(dist: string): Promise<void> {
  const site = await openWallSite(folder.path, { wallboard: dist, intervalMs: SAMPLE_MS });
  const browser = await openWallBrowser({ prepare: WATCH_FRAMES });
  try {
    await browser.page.goto(site.url);
    await untilIn(browser, `document.querySelectorAll('.tile[data-sample-ms]').length === 12`);
    await sleep(5_000);
    await browser.page.evaluate('painted.length = 0');
    await sleep(SECONDS * 1_000);
    const painted = await browser.page.evaluate<Painted[]>('painted');
    const unit = 'ms';
    const target = { peer: 'target', peerValue: 500 };
    const arrived = painted.map(({ arrivedMs, sampleMs }) => arrivedMs - sampleMs);
    const shown = painted.map(({ paintedMs, sampleMs }) => paintedMs - sampleMs);
    const name = `counter sample to pixel, of ${painted.length}`;
    report([
      { name: `counter sample to the page's socket, p50`, value: quantile(arrived, 0.5), unit, ...target },
      { name: `counter sample to the page's socket, p99`, value: quantile(arrived, 0.99), unit, ...target },
      { name: `${name}, p50`, value: quantile(shown, 0.5), unit, ...target },
      { name: `${name}, p99`, value: quantile(shown, 0.99), unit, ...target },
      { name: `${name}, longest`, value: quantile(shown, 1), unit, ...target },
    ]);
  } finally {
    await browser.close();
    await site.stop();
  }
}

async function measurePaint(dist: string): Promise<void> {
  await withGateway(dist, async (gateway) => {
    const [first, numbers]: [number[], number[]] = [[], []];
    for (let load = 0; load < 5; load += 1) {
      const browser = await openWallBrowser({ prepare: WATCH_FIRST });
      try {
        await browser.page.goto(gateway.url);
        await untilIn(browser, 'window.numbersMs !== undefined');
        numbers.push(await browser.page.evaluate<number>('numbersMs'));
        first.push(
          await browser.page.evaluate<number>(
            `performance.getEntriesByName('first-contentful-paint')[0].startTime`,
          ),
        );
      } finally {
        await browser.close();
      }
    }
    const target = { unit: 'ms', peer: 'target', peerValue: 1_000 };
    report([
      { name: 'first contentful paint, median of 5 cold loads', value: quantile(first, 0.5), ...target },
      { name: 'first tile with numbers, median of 5 cold loads', value: quantile(numbers, 0.5), ...target },
    ]);
  });
}

async function measureSteady(dist: string): Promise<void> {
  await withGateway(dist, async (gateway) => {
    const wall = await openWallBrowser();
    const empty = await openWallBrowser();
    try {
      await wall.page.goto(gateway.url);
      await untilIn(wall, FIRST_NUMBER);
      await sleep(5_000);
      const before = [await usage(wall), await usage(empty)] as const;
      await sleep(SECONDS * 1_000);
      const shares = [shareOf(before[0], await usage(wall)), shareOf(before[1], await usage(empty))] as const;
      const kinds = {
        TaskDuration: 'all tasks of the main thread',
        ScriptDuration: 'of that, script',
        LayoutDuration: 'of that, layout',
        RecalcStyleDuration: 'of that, style',
        cpu: 'processor time of all processes (proc)',
      } as const;
      report(
        Object.entries(kinds).map(([key, what]) => ({
          name: `${SECONDS} s of 12 WANs at 4 Hz, ${what}`,
          value: (shares[0].get(key) ?? NaN) * 100,
          unit: '% of a core',
          peer: 'an empty page',
          peerValue: (shares[1].get(key) ?? NaN) * 100,
        })),
      );
    } finally {
      await wall.close();
      await empty.close();
    }
  });
}

async function measureDay(dist: string): Promise<void> {
  const day = await openDay(dist);
  const browser = await openWallBrowser();
  const HALF_HOUR_S = 1_800;
  const STEP_S = 225;
  try {
    await browser.page.goto(day.url);
    await untilIn(browser, FIRST_NUMBER);
    const heaps: number[] = [];
    const nodes: number[] = [];
    for (let second = STEP_S; second <= 86_400; second += STEP_S) {
      if (second % (6 * 3_600) === 0 && second < 86_400) {
        await day.cut();
      }
      day.pass(STEP_S);
      // One expression for all: each one that is new to Chromium stays in the heap of the page.
      await until(
        'the last sample is shown',
        async () =>
          (await browser.page.evaluate(`document.querySelector('.tile').dataset.sampleMs`)) ===
          String(day.nowMs()),
        { timeoutMs: 60_000 },
      );
      if (second % HALF_HOUR_S !== 0) continue;
      await browser.collectGarbage();
      const metrics = await browser.metrics();
      heaps.push((metrics.get('JSHeapUsedSize') ?? NaN) / 2 ** 20);
      nodes.push(metrics.get('Nodes') ?? NaN);
      process.stderr.write(`${second / 3_600} h: ${heaps.at(-1)?.toFixed(2) ?? ''} MiB\n`);
    }
    const quarter = heaps.length / 4;
    const second = heaps.slice(quarter, 2 * quarter);
    const last = heaps.slice(3 * quarter);
    const nodesOf = (from: number, to: number): number => Math.max(...nodes.slice(from, to));
    report([
      {
        name: 'heap of a simulated day, mean of the last quarter',
        value: mean(last),
        unit: 'MiB',
        peer: 'second quarter',
        peerValue: mean(second),
      },
      {
        name: 'nodes, most of the last quarter',
        value: nodesOf(3 * quarter, 4 * quarter),
        unit: 'nodes',
        peer: 'second quarter',
        peerValue: nodesOf(quarter, 2 * quarter),
      },
    ]);
  } finally {
    await browser.close();
    await day.stop();
  }
}

/** A day whose server says the same as a real one of this inventory. */
async function openDay(dist: string) {
  const gateway = await runGateway(createMemoryLog(), { inventory });
  const client = await connectLive(gateway.url);
  try {
    const welcome = await client.take('welcome');
    client.send({ type: 'sub', id: 1, ch: 'routers' });
    const snap: ServerMessageOf<'snap'> = await client.take('snap');
    return await openWallDay(dist, welcome, snap.ch === 'routers' ? Object.values(snap.d) : []);
  } finally {
    client.close();
    await gateway.stop();
  }
}

/** A gateway whose log gets samples of all WANs at 4 Hz. */
async function withGateway(dist: string, use: (gateway: RunningGateway) => Promise<void>): Promise<void> {
  const log = createMemoryLog();
  const gateway = await runGateway(log, { inventory, config: { wallboard: dist, flushMs: 100 } });
  let turn = 0;
  const timer = setInterval(() => {
    turn += 1;
    const samples = inventory.flatMap(({ name: router, wans }) =>
      wans.map(({ name, capacity }, i) => {
        const share = 0.5 + 0.4 * Math.sin((turn + i * 9) / 20);
        const load = {
          rxUtil: share,
          txUtil: share / 2,
          rxBps: share * capacity.rx,
          txBps: (share / 2) * capacity.tx,
        };
        return utilisation(name, Date.now(), { router, ...load, probeLoss: 0, probeRttMs: 12 + i });
      }),
    );
    void appendRecords(log, 'wanUtilisation', samples);
  }, SAMPLE_MS);
  try {
    await use(gateway);
  } finally {
    clearInterval(timer);
    await gateway.stop();
  }
}

/** Waits until an expression is true in the page; its policy forbids to have it evaluated there again and again. */
const untilIn = (browser: WallBrowser, expression: string): Promise<unknown> =>
  until(expression, () => browser.page.evaluate(expression), { timeoutMs: 30_000, everyMs: 20 });

const usage = async (browser: WallBrowser) =>
  new Map([...(await browser.metrics()), ['cpu', await browser.cpuSeconds()]]);

/** Seconds of each kind in a second. */
function shareOf(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>) {
  const seconds = (after.get('Timestamp') ?? 0) - (before.get('Timestamp') ?? 0);
  return new Map([...after].map(([key, value]) => [key, (value - (before.get(key) ?? 0)) / seconds]));
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const measurements: Readonly<Record<string, (dist: string) => Promise<void>>> = {
  freshness: measureFreshness,
  paint: measurePaint,
  steady: measureSteady,
  day: measureDay,
};
const need = requirement('chromium');
if (!need.met) process.stderr.write(`wallboard: ${need.reason}\n`);
else {
  try {
    const dist = await buildWallboard(folder.path);
    for (const name of options.only.split(',')) await measurements[name]?.(dist);
  } finally {
    folder.remove();
  }
}
