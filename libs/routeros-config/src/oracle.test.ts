import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capturesFolder } from '@fairlead/testkit';
import { describe, expect, it } from 'vitest';
import { site, strategies, wan } from '../testing/sites.ts';
import {
  exportedVersion,
  generate,
  planChanges,
  readConfiguration,
  readScript,
  revertScript,
  showOperations,
  type Configuration,
} from './index.ts';

const captures = capturesFolder();
const folder = join(captures.path, 'rsc');
const nothing: Configuration = { lists: new Map(), settings: new Map() };

/** Menus with the properties that RouterOS 7.22.1 took in one of the recorded texts, from its own form of them. */
function takenByRouterOs(): Map<string, Set<string>> {
  const taken = new Map<string, Set<string>>();
  const names = readdirSync(join(folder, 'parser_oracle')).filter((name) => name.endsWith('.parseil'));
  for (const name of names) {
    const form = readFileSync(join(folder, 'parser_oracle', name), 'utf8');
    for (const [, path = '', given = ''] of form.matchAll(/\(evl (\/[a-z/-]+)\/add([^()]*)/g)) {
      const menu = `/${path.slice(1).replaceAll('/', ' ')}`;
      const properties = taken.get(menu) ?? new Set();
      for (const part of given.split(';')) properties.add(part.split('=')[0] ?? '');
      taken.set(menu, properties);
    }
  }
  return taken;
}

describe('what is generated', () => {
  it('says what RouterOS 7.22.1 takes, in the menus that its recorded texts are of', (ctx) => {
    if (!captures.met) return ctx.skip(captures.reason);
    const taken = takenByRouterOs();
    const unseen = new Map<string, Set<string>>();
    const seen = new Set<string>();
    for (const strategy of strategies) {
      for (const { menu, properties } of generate(site({ strategy, wans: [wan(1), wan(2)] })).objects) {
        const known = taken.get(menu);
        if (!known) continue;
        for (const name of Object.keys(properties)) {
          if (known.has(name)) seen.add(`${menu} ${name}`);
          else unseen.set(menu, (unseen.get(menu) ?? new Set()).add(name));
        }
      }
    }
    expect([...seen].length).toBeGreaterThan(14);
    // No recorded text has these; the manual does.
    expect(Object.fromEntries([...unseen].map(([menu, names]) => [menu, [...names].sort()]))).toEqual({
      '/routing table': ['fib'],
      '/ip route': ['target-scope'],
      '/system logging action': ['remote', 'remote-log-format', 'remote-port'],
    });
  });

  it.each([6, 7] as const)('reads without a problem, and so does what undoes it: RouterOS %i', (major) => {
    for (const strategy of strategies) {
      const desired = generate(
        site({ strategy, routerOs: { major, minor: 20 }, deadMan: strategy === 'balance' }),
      );
      const { operations } = planChanges(desired, nothing);
      expect(readScript(showOperations(nothing, operations)).problems).toEqual([]);
      const undo = readScript(revertScript(nothing, operations));
      expect(undo.problems).toEqual([]);
      expect(undo.statements).toHaveLength(operations.length + 3);
    }
  });
});

describe('an export of a real router', () => {
  it('is planned on, whatever it holds', (ctx) => {
    if (!captures.met) return ctx.skip(captures.reason);
    const names = ['v6', 'v7'].flatMap((version) =>
      readdirSync(join(folder, version), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.rsc'))
        .map((name) => join(version, name)),
    );
    const planned = names.map((name) => {
      const script = readScript(readFileSync(join(folder, name), 'utf8'));
      const { configuration } = readConfiguration(script);
      const routerOs = exportedVersion(script) ?? { major: name.startsWith('v6') ? 6 : 7, minor: 16 };
      const desired = generate(
        site({ routerOs: { major: routerOs.major === 6 ? 6 : 7, minor: routerOs.minor } }),
      );
      const { conflicts, operations } = planChanges(desired, configuration);
      expect(readScript(showOperations(configuration, operations)).problems, name).toEqual([]);
      expect(conflicts.length > 0 || operations.length > 40, name).toBe(true);
      return conflicts.length === 0;
    });
    expect(planned.filter(Boolean).length).toBeGreaterThan(5);
  });
});
