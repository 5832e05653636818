import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInventoryHolder } from '@fairlead/model';
import { createTelemetry, loadConfig, type Telemetry } from '@fairlead/runtime';
import { temporaryFolder } from '@fairlead/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fairleadConfigSchema } from './config.ts';
import { createReloader, listDifferences } from './reload.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const router = (name: string, password = 'p'): string => `
  - name: ${name}
    site: s1
    address: 192.0.2.1
    api: { user: u, password: ${password} }
    wans: [{ name: ISP1, interface: ether1, capacity: { rx: 1M, tx: 1M }, routingMark: r1 }]`;

/** A pipeline's configuration, and what the log said while it was read again. */
async function begin(text: string) {
  const file = join(folder.path, 'fairlead.yaml');
  const write = (content: string): void => writeFileSync(file, content);
  write(text);
  const lines: Record<string, unknown>[] = [];
  const telemetry = createTelemetry({ level: 'silent' });
  const keep = (fields: Record<string, unknown>): void => void lines.push(fields);
  const log = { info: keep, warn: keep, error: keep } as unknown as Telemetry['log'];
  const config = await loadConfig(fairleadConfigSchema, file, {});
  const inventory = createInventoryHolder(config.routers);
  let refreshed = 0;
  const component = {
    name: 'one',
    start: async () => undefined,
    stop: async () => undefined,
    refresh: async () => void (refreshed += 1),
  };
  const reloader = createReloader({
    file,
    config,
    inventory,
    components: [component],
    telemetry: { ...telemetry, log },
    environment: {},
  });
  return { write, reloader, inventory, lines, refreshed: () => refreshed };
}

describe('reading the configuration again', () => {
  it('replaces the routers and says which', async () => {
    const { write, reloader, inventory, lines } = await begin(`routers:${router('a')}${router('b')}`);
    write(`routers:${router('b', 'other')}${router('c')}`);
    await reloader.reload();
    expect(inventory.current().map(({ name }) => name)).toEqual(['b', 'c']);
    expect(lines).toMatchObject([{ added: ['c'], changed: ['b'], removed: ['a'] }]);
    expect(JSON.stringify(lines)).not.toContain('other');
  });

  it('refuses a file that is not sound, with its place, and goes on as before', async () => {
    const { write, reloader, inventory, lines } = await begin(`routers:${router('a')}`);
    const before = inventory.current();
    write(`routers:${router('a')}\n    colour: red\n`);
    await reloader.reload();
    expect(inventory.current()).toBe(before);
    expect(lines).toMatchObject([{ problems: [expect.stringMatching(/fairlead\.yaml:\d+:5: .*"colour"/)] }]);
    write('routers: []');
    await reloader.reload();
    expect(inventory.current()).toEqual([]);
  });

  it('obeys the kill switch of all routers, and its end', async () => {
    const text = `routers:${router('a')}${router('b').replace('wans: [', 'steering: {}\n    wans: [{ name: ISP2, interface: ether2, capacity: { rx: 1M, tx: 1M }, routingMark: r2 }, ')}`;
    const { write, reloader, inventory, lines } = await begin(text);
    const stopped = (): unknown[] => inventory.current().map(({ steering }) => steering?.stopped);
    expect(stopped()).toEqual([undefined, false]);
    write(`steering: { stopped: true }\n${text}`);
    await reloader.reload();
    expect(stopped()).toEqual([undefined, true]);
    write(text);
    await reloader.reload();
    expect(stopped()).toEqual([undefined, false]);
    expect(lines).toMatchObject([{ changed: ['b'] }, { changed: ['b'] }]);
  });

  it('lets the components read again what is theirs, unless the file is not sound', async () => {
    const { write, reloader, refreshed } = await begin('http: { port: 8080 }');
    await reloader.reload();
    expect(refreshed()).toBe(1);
    write('colour: red');
    await reloader.reload();
    expect(refreshed()).toBe(1);
  });

  it('says what waits for the next start', async () => {
    const { write, reloader, lines } = await begin('http: { port: 8080 }');
    write('http: { port: 9090 }\ndataDirectory: elsewhere');
    await reloader.reload();
    expect(lines[0]).toMatchObject({ keys: ['dataDirectory', 'http.port'] });
  });
});

it('differences are named by their keys', () => {
  expect(listDifferences({ a: { b: 1, c: [1] } }, { a: { b: 1, c: [2] }, d: 0 })).toEqual(['a.c', 'd']);
});
