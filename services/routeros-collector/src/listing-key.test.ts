import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capturesFolder } from '@fairlead/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { keyOfListing } from './listing-key.ts';
import { type Properties, toInterface } from './state-records.ts';

const captures = capturesFolder();
const folder = join(captures.path, 'api/rest_chr_7.20');

/** Replies to `/interface` of one router on one day, in the order of their time. */
const repliesOf = (router: string): Properties[][] =>
  readdirSync(folder)
    .filter((name) => name.startsWith('2026-02-25T') && name.endsWith(`_${router}.json`))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Properties[]);

const keyOf = (reply: readonly Properties[]): string => keyOfListing({ interfaces: reply.map(toInterface) });

describe('the key of a listing', () => {
  beforeEach((ctx) => {
    if (!captures.met) ctx.skip(captures.reason);
  });

  it.each(['R18M_interface_after_PUT', 'R19M_interface'])(
    'is the same for two replies of %s between which its times drifted',
    (router) => {
      const replies = repliesOf(router);
      const times = new Set(replies.map(([first]) => first?.['last-link-up-time']));
      expect([replies.length, times.size]).toEqual([2, 2]);
      expect(new Set(replies.map(keyOf)).size).toBe(1);
    },
  );

  it('is another when the link went, or anything else of an interface is', () => {
    const [reply = []] = repliesOf('R19M_interface');
    const changes: Properties[] = [
      { 'link-downs': '1' },
      { running: 'false' },
      { comment: 'elsewhere' },
      { disabled: 'true' },
    ];
    const keys = changes.map((change) => keyOf(reply.map((properties) => ({ ...properties, ...change }))));
    expect(new Set([keyOf(reply), ...keys]).size).toBe(changes.length + 1);
  });
});
