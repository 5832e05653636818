import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Where the main thread spent its time: shares of the busiest profile in the folder, by package, largest first. */
export async function readProfileShares(folder: string): Promise<readonly (readonly [string, number])[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const longest = texts.sort((a, b) => b.length - a.length)[0];
  if (longest === undefined) return [];
  const profile = JSON.parse(longest) as CpuProfile;
  const places = new Map(profile.nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const spent = new Map<string, number>();
  let total = 0;
  for (const [index, sample] of profile.samples.entries()) {
    const microseconds = profile.timeDeltas[index] ?? 0;
    const place = places.get(sample) ?? 'unknown';
    spent.set(place, (spent.get(place) ?? 0) + microseconds);
    total += microseconds;
  }
  return [...spent]
    .map(([place, microseconds]) => [place, microseconds / total] as const)
    .sort(([, a], [, b]) => b - a);
}

function placeOf({ functionName, url }: { readonly functionName: string; readonly url: string }): string {
  const ours = /\/((?:libs|services)\/[^/]+(?:\/src\/(?:embedded|kafka))?)\//.exec(url)?.[1];
  const theirs = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (theirs !== undefined) return theirs;
  if (ours !== undefined) return ours.replace('/src', '');
  if (url.startsWith('node:')) return 'Node.js';
  return functionName.startsWith('(') ? functionName : `native ${functionName}`;
}
