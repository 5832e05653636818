import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { collectorNames, type ServiceName } from './services.ts';

const runFileSchema = z.object({
  pid: z.int().positive(),
  /** Where the wallboard, or at least `/healthz`, answers. */
  url: z.string(),
  /** Where the ClickHouse HTTP interface of the embedded store answers. */
  storeUrl: z.string().optional(),
  services: z.array(z.string()),
});

/** What a running process says of itself to commands that find its data directory. */
export type RunFile = z.infer<typeof runFileSchema>;

const folderIn = (dataDirectory: string): string => join(dataDirectory, 'run');
const fileOf = (dataDirectory: string, pid: number): string => join(folderIn(dataDirectory), `${pid}.json`);

export async function writeRunFile(dataDirectory: string, content: RunFile): Promise<void> {
  const file = fileOf(dataDirectory, content.pid);
  await mkdir(folderIn(dataDirectory), { recursive: true });
  await removeDead(dataDirectory);
  await writeFile(`${file}.new`, JSON.stringify(content));
  await rename(`${file}.new`, file);
}

export async function removeRunFile(dataDirectory: string, pid: number): Promise<void> {
  await rm(fileOf(dataDirectory, pid), { force: true });
}

/** The processes that run on this data directory (a file left by a crash counts as none), who has the store first. */
export async function findAllRunning(dataDirectory: string): Promise<readonly RunFile[]> {
  const names = await readdir(folderIn(dataDirectory)).catch(() => []);
  const found: RunFile[] = [];
  for (const name of names.filter((file) => file.endsWith('.json'))) {
    const text = await readFile(join(folderIn(dataDirectory), name), 'utf8').catch(() => '');
    const parsed = runFileSchema.safeParse(parseJson(text));
    if (parsed.success && isAlive(parsed.data.pid)) found.push(parsed.data);
  }
  return found.sort((a, b) => Number(b.storeUrl !== undefined) - Number(a.storeUrl !== undefined));
}

/** A process that runs on this data directory, that with the embedded store if there is one. */
export async function findRunning(dataDirectory: string): Promise<RunFile | undefined> {
  return (await findAllRunning(dataDirectory))[0];
}

/**
 * @param services those that are to run beside what runs there; without them nothing may run there
 * @throws Error naming the process that is in the way
 */
export async function refuseIfRunning(
  dataDirectory: string,
  services?: ReadonlySet<ServiceName>,
): Promise<void> {
  for (const running of await findAllRunning(dataDirectory)) {
    // In a container each start has the same process id: the file is that of the start before, which was killed.
    if (running.pid === process.pid) continue;
    // Those that read the log share its partitions; these would ask the routers, or hear from them, twice.
    const twice = collectorNames.filter(
      (name) => services?.has(name) === true && running.services.includes(name),
    );
    if (services && twice.length === 0) continue;
    const what = services ? `${twice.join(', ')} of process` : 'process';
    throw new Error(
      `${what} ${running.pid} runs on ${dataDirectory} already (${running.url}); stop it, or use another data directory`,
    );
  }
}

/** Files that crashes left: their process ids may come again. */
async function removeDead(dataDirectory: string): Promise<void> {
  for (const name of await readdir(folderIn(dataDirectory))) {
    if (!isAlive(Number.parseInt(name, 10))) await rm(join(folderIn(dataDirectory), name), { force: true });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
