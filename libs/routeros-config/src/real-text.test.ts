import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capturesFolder } from '@fairlead/testkit';
import { describe, expect, it } from 'vitest';
import { expectSameAgain } from '../testing/round-trip.ts';
import { readScript } from './index.ts';

const captures = capturesFolder();
const folder = join(captures.path, 'rsc');

/** What somebody wrote around an export in a forum, which no router ever exported, by line. */
const notExported: Readonly<Record<string, readonly number[]>> = {
  'v7/forum_address_list_7.20.2.rsc': [16, 19],
};

/** What RouterOS 7.22.1 refuses because of the menus and properties it has, not of how the text is written. */
const knowsMore: Readonly<Record<string, string>> = {
  'r103825-post-0024-snippet-01.rsc': 'the wireless package is not installed on that router',
  't163200-p0002-s01.rsc': 'the menu is called "connection", not "connections"',
  't176329-p0006-s01.rsc': '/interface/vlan has no property "bridge"',
  't261912-p0012-s01.rsc': '/ip/address has no property "name"',
};

describe('real RouterOS text', () => {
  it('reads exports of v6 and v7 without a problem, and writes the same', (ctx) => {
    if (!captures.met) return ctx.skip(captures.reason);
    const names = ['v6', 'v7'].flatMap((version) =>
      readdirSync(join(folder, version), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.rsc'))
        .map((name) => join(version, name)),
    );
    expect(names).toHaveLength(17);
    for (const name of names) {
      const { statements, problems } = readScript(readFileSync(join(folder, name), 'utf8'));
      expect(
        problems.map(({ line }) => line),
        name,
      ).toEqual(notExported[name] ?? []);
      expect(statements.length, name).toBeGreaterThan(1);
      expectSameAgain(statements);
    }
  });

  it('takes and refuses, at the same line, what RouterOS 7.22.1 takes and refuses', (ctx) => {
    if (!captures.met) return ctx.skip(captures.reason);
    const names = readdirSync(join(folder, 'parser_oracle')).filter((name) => name.endsWith('.rsc'));
    const seen = { taken: 0, refused: 0, knowsMore: 0 };
    for (const name of names) {
      const path = join(folder, 'parser_oracle', name);
      const verdict = readFileSync(`${path}.v7.22.1.parseil`, 'utf8');
      const refusedAt = /\(line (\d+) column \d+\)/.exec(verdict)?.[1];
      const { statements, problems } = readScript(readFileSync(path, 'utf8'));
      if (refusedAt !== undefined && !(name in knowsMore)) {
        expect(problems[0]?.line, name).toBe(Number(refusedAt));
        seen.refused += 1;
        continue;
      }
      expect(problems, name).toEqual([]);
      expectSameAgain(statements);
      seen[refusedAt === undefined ? 'taken' : 'knowsMore'] += 1;
    }
    expect(seen).toEqual({ taken: 18, refused: 10, knowsMore: 4 });
  });
});
