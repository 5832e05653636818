import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const runFileSchema = z.object({
  pid: z.int().positive(),
  /** Where the wallboard answers. */
  url: z.string(),
  /** Where the ClickHouse HTTP interface of the embedded store answers. */
  storeUrl: z.string().optional(),
});

/** What a running pipeline says of itself to commands that find its data directory. */
export type RunFile = z.infer<typeof runFileSchema>;

const fileIn = (dataDirectory: string): string => join(dataDirectory, 'run.json');

export async function writeRunFile(dataDirectory: string, content: RunFile): Promise<void> {
  const temporary = `${fileIn(dataDirectory)}.${content.pid}`;
  await writeFile(temporary, JSON.stringify(content));
  await rename(temporary, fileIn(dataDirectory));
}

export async function removeRunFile(dataDirectory: string): Promise<void> {
  await rm(fileIn(dataDirectory), { force: true });
}

/** The pipeline that runs on this data directory; undefined when none does (a file left by a crash counts as none). */
export async function findRunning(dataDirectory: string): Promise<RunFile | undefined> {
  let text: string;
  try {
    text = await readFile(fileIn(dataDirectory), 'utf8');
  } catch {
    return undefined;
  }
  const parsed = runFileSchema.safeParse(parseJson(text));
  return parsed.success && isAlive(parsed.data.pid) ? parsed.data : undefined;
}

/** @throws Error naming the pipeline that runs on this data directory */
export async function refuseIfRunning(dataDirectory: string): Promise<void> {
  const running = await findRunning(dataDirectory);
  if (!running) return;
  throw new Error(
    `process ${running.pid} runs on ${dataDirectory} already (${running.url}); stop it, or use another data directory`,
  );
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
