import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Configuration, Operation, Properties } from '@fairlead/routeros-config';
import { z } from 'zod';

const properties = z.record(z.string(), z.string());
const change = z.object({ before: z.string().optional(), after: z.string().optional() });
const changes = z.record(z.string(), change);
const at = z.int().min(0);

const operationSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('add'), menu: z.string(), at, properties }),
  z.object({ kind: z.literal('remove'), menu: z.string(), at, properties }),
  z.object({ kind: z.literal('move'), menu: z.string(), from: at, to: at }),
  z.object({ kind: z.literal('change'), menu: z.string(), at, changes }),
  z.object({ kind: z.literal('settings'), menu: z.string(), item: z.string().optional(), changes }),
]);

const undoSchema = z.object({
  router: z.string(),
  /** ISO 8601. */
  appliedAt: z.string(),
  routerOs: z.string(),
  operations: z.array(operationSchema),
  /** What the menus that were changed had before, all of it. */
  before: z.object({
    lists: z.record(z.string(), z.array(properties)),
    settings: z.record(z.string(), properties),
  }),
});

/** What `apply` has changed on a router, and what was there before. */
export interface Undo {
  readonly router: string;
  readonly appliedAt: string;
  readonly routerOs: string;
  readonly operations: readonly Operation[];
  readonly before: Configuration;
}

/** The undo files of one router: one for each apply that has not been rolled back. */
export interface UndoFiles {
  /** Writes one and sees to it that it is on the disk. @returns its path */
  write(undo: Undo): Promise<string>;
  /** The newest that was not used; undefined where there is none. @throws Error when it is not whole */
  newest(): Promise<{ readonly path: string; readonly undo: Undo } | undefined>;
  /** It was rolled back, or what it tells of was not done. */
  setAside(path: string, why: 'rolled-back' | 'not-applied'): Promise<void>;
}

export function createUndoFiles(dataDirectory: string, router: string): UndoFiles {
  const folder = join(dataDirectory, 'applied', router);
  return {
    async write(undo) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, `${undo.appliedAt.replaceAll(':', '-')}.json`);
      const file = await open(path, 'wx', 0o600);
      try {
        await file.writeFile(`${JSON.stringify(toJson(undo), undefined, 2)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      return path;
    },
    async newest() {
      const names = await readdir(folder).catch(() => []);
      const name = names
        .filter((entry) => entry.endsWith('.json'))
        .sort()
        .at(-1);
      if (name === undefined) return undefined;
      const path = join(folder, name);
      return { path, undo: fromJson(path, await readFile(path, 'utf8')) };
    },
    setAside: (path, why) => rename(path, `${path}.${why}`),
  };
}

const toJson = ({ before, operations, ...rest }: Undo): unknown => {
  const menus = new Set(operations.map(({ menu }) => menu));
  const ofMenu = (key: string): boolean =>
    [...menus].some((menu) => key === menu || key.startsWith(`${menu} `));
  const pick = <T>(map: ReadonlyMap<string, T>): Record<string, T> =>
    Object.fromEntries([...map].filter(([key]) => ofMenu(key)));
  return { ...rest, operations, before: { lists: pick(before.lists), settings: pick(before.settings) } };
};

function fromJson(path: string, text: string): Undo {
  const parsed = undoSchema.safeParse(parseJson(text));
  if (!parsed.success)
    throw new Error(`${path} is not a whole undo file: ${parsed.error.issues[0]?.message ?? ''}`);
  const { before, operations, ...rest } = parsed.data;
  return {
    ...rest,
    operations: operations as readonly Operation[],
    before: {
      lists: new Map<string, readonly Properties[]>(Object.entries(before.lists)),
      settings: new Map<string, Properties>(Object.entries(before.settings)),
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
