import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder, until } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  askStore,
  type FairleadProcess,
  readMetrics,
  runFairlead,
  startFairlead,
  untilRunning,
} from './support/fairlead-process.ts';

interface ActuationRow {
  readonly outcome: string;
  readonly before_mark: string;
  readonly after_mark: string;
}

const SQL = 'SELECT wan, count(), max(rx_util) FROM wan_utilisation GROUP BY wan ORDER BY wan';

describe('fairlead demo', () => {
  const folder = temporaryFolder();
  const dataDirectory = join(folder.path, 'demo');
  let demo: FairleadProcess;
  let urls: { url: string; storeUrl: string };

  beforeAll(async () => {
    demo = startFairlead([
      ...['demo', '--data-directory', dataDirectory, '--port', '0', '--store-port', '0'],
      ...['--netflow-port', '0', '--syslog-port', '0'],
    ]);
    urls = await untilRunning(dataDirectory, demo);
  });

  afterAll(async () => {
    await demo.stop('SIGKILL');
    folder.remove();
  });

  it('serves the wallboard at the address that it prints, and says that the site is simulated', async () => {
    await until('the address is printed', () => demo.stdout().includes(urls.url));
    expect(demo.stdout()).toMatch(/simulated/i);
    const page = await fetch(urls.url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<script');
    expect((await fetch(new URL('/healthz', urls.url))).status).toBe(200);
  });

  it('moves the mark to ISP2 when ISP1 crosses its limit, and later back', async () => {
    const actuations = (): Promise<ActuationRow[]> =>
      askStore(urls.storeUrl, 'SELECT outcome, before_mark, after_mark FROM actuations ORDER BY time');
    const [flip, back] = await until(
      'the mark went there and back',
      async () => {
        const rows = await actuations();
        return rows.length >= 2 ? rows : undefined;
      },
      { timeoutMs: 180_000, everyMs: 1_000 },
    );
    expect(flip).toEqual({ outcome: 'confirmed', before_mark: 'ISP1_Route', after_mark: 'ISP2_Route' });
    expect(back).toEqual({ outcome: 'confirmed', before_mark: 'ISP2_Route', after_mark: 'ISP1_Route' });

    // Events are inserted on their own, so they may come later than what they led to.
    const events = await until('the event of the way back is stored', async () => {
      const rows = await askStore<{ kind: string; wan: string }>(
        urls.storeUrl,
        `SELECT kind, wan FROM wan_events WHERE kind LIKE 'threshold-%' ORDER BY time`,
      );
      return rows.some(({ kind, wan }) => kind === 'threshold-below' && wan === 'ISP1') ? rows : undefined;
    });
    expect(events[0]).toEqual({ kind: 'threshold-above', wan: 'ISP1' });
    expect(demo.stdout()).toMatch(/ISP1_Route.*ISP2_Route/);
  });

  it('received flows and log lines of the router, too', async () => {
    const [row] = await until('flows and syslog are stored', async () => {
      const rows = await askStore<{ flows: string; lines: string }>(
        urls.storeUrl,
        'SELECT (SELECT count() FROM flows) AS flows, (SELECT count() FROM syslog) AS lines',
      );
      return Number(rows[0]?.flows) > 0 && Number(rows[0]?.lines) > 0 ? rows : undefined;
    });
    expect(Number(row?.flows)).toBeGreaterThan(0);
  });

  it('answers SQL on the command line while it runs', async () => {
    const { exitCode, stdout, stderr } = await runFairlead(['sql', SQL, '--data-directory', dataDirectory]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.trim().split('\n')).toHaveLength(3);
    expect(stdout).toMatch(/^ISP1\t\d+\t[01](\.\d+)?$/m);
  });

  it('tells what another policy would have done with the load', async () => {
    const { exitCode, stdout } = await runFairlead([
      ...['simulate', '--replay', 'demo-gw', '--policy', 'headroom', '--json'],
      ...['--data-directory', dataDirectory],
    ]);
    expect(exitCode).toBe(0);
    const replay = JSON.parse(stdout) as { kind: string; steps: number; recordedChanges: number };
    expect(replay).toMatchObject({ kind: 'headroom', recordedChanges: expect.any(Number) as number });
    expect(replay.steps).toBeGreaterThan(30);
    expect(replay.recordedChanges).toBeGreaterThan(0);
  });

  it('writes each record of the log to the store once', async () => {
    const metrics = await until('the writer has caught up', async () => {
      const samples = await readMetrics(urls.url);
      const of = (name: string): number =>
        samples.get(`fairlead_${name}_total{service="clickhouse-writer",unit="records"}`) ?? 0;
      return of('received') > 0 && of('received') === of('stored') ? samples : undefined;
    });
    const dropped = [...metrics].filter(([key]) =>
      key.startsWith('fairlead_dropped_total{service="clickhouse-writer"'),
    );
    expect(dropped.reduce((sum, [, value]) => sum + value, 0)).toBe(0);
  });

  it('keeps books that balance in every service', async () => {
    const books = await until('every service is balanced in one reading', async () => {
      const pages = readBooks(await readMetrics(urls.url));
      const unbalanced = pages.filter(({ entered, left }) => entered !== left);
      return unbalanced.length === 0 ? pages : undefined;
    });
    const services = new Set(books.filter(({ entered }) => entered > 0).map(({ service }) => service));
    expect([...services].sort()).toEqual([
      'actuator',
      'clickhouse-writer',
      'flow-decoder',
      'flow-reconciler',
      'live-gateway',
      'netflow-collector',
      'routeros-collector',
      'snmp-collector',
      'syslog-collector',
      'wan-processor',
    ]);
  });

  it('ends in order at Ctrl-C and leaves nothing running', async () => {
    const offspring = readOffspring(demo.pid);
    expect(await demo.stop('SIGINT')).toBe(0);
    expect(readdirSync(join(dataDirectory, 'run'))).toEqual([]);
    await until('its child processes are gone', () => offspring.every((pid) => !existsSync(`/proc/${pid}`)));
  });

  it('answers SQL on the command line afterwards', async () => {
    const { exitCode, stdout } = await runFairlead(['sql', SQL, '--data-directory', dataDirectory]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ISP2\t\d+\t/m);
  });
});

/**
 * The ledgers of a metrics page. What entered is what was received (for what is made here: decoded); what left is what
 * was decoded or, where nothing is decoded, stored, and what was dropped.
 */
function readBooks(
  samples: ReadonlyMap<string, number>,
): { readonly service: string; readonly unit: string; readonly entered: number; readonly left: number }[] {
  const ledgers = new Map<string, Partial<Record<string, number>>>();
  for (const [key, value] of samples) {
    const match = /^fairlead_(received|decoded|stored|dropped)_total\{service="([^"]+)",unit="([^"]+)"/.exec(
      key,
    );
    if (!match) continue;
    const [, column = '', service = '', unit = ''] = match;
    const ledger = ledgers.get(`${service} ${unit}`) ?? {};
    ledgers.set(`${service} ${unit}`, { ...ledger, [column]: (ledger[column] ?? 0) + value });
  }
  return [...ledgers].map(([name, { received, decoded, stored, dropped = 0 }]) => {
    const [service = '', unit = ''] = name.split(' ');
    const entered = received ?? decoded ?? 0;
    const done = received === undefined ? stored : (decoded ?? stored);
    return { service, unit, entered, left: (done ?? 0) + dropped };
  });
}

/** Processes started by a process and by those it started (proc(5): the parent stands two fields after the name). */
function readOffspring(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .map(Number);
  return children.flatMap((child) => [child, ...readOffspring(child)]);
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
