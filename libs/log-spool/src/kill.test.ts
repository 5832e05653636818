import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { temporaryFolder, until } from '@fairlead/testkit';
import { expect, it } from 'vitest';
import { openSpool } from './spool.ts';

const CHILD = join(import.meta.dirname, 'spool.child.ts');
const ROUNDS = 4;

/** Runs a writer until it has told so many numbers, and kills it. @returns the last number it told */
async function writeAndKill(directory: string, from: number, count: number): Promise<number> {
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), CHILD, directory, String(from)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = new Promise((resolve) => child.once('close', resolve));
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told += text));
  await until('the writer writes', () => told.split('\n').length > count, { everyMs: 2 });
  child.kill('SIGKILL');
  await ended;
  return Number(told.split('\n').at(-2));
}

it('holds everything that was acknowledged, once and in order, whenever the writer is killed', async () => {
  const folder = temporaryFolder();
  const seen: number[] = [];
  let from = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const lastTold = await writeAndKill(folder.path, from, 300 + 137 * round);
    const spool = await openSpool({
      directory: folder.path,
      maxBytes: 2 ** 30,
      drop: 'newest',
      onDropped: (reason) => expect.fail(reason),
    });
    // The last round takes everything, the others a part.
    for (let batches = 0; round === ROUNDS - 1 || batches < 5; batches += 1) {
      const batch = await spool.take(10_000);
      if (!batch) break;
      seen.push(...batch.records.map(({ value }) => Buffer.from(value).readUInt32BE(2)));
      await spool.done(batch);
    }
    const written = seen.length + spool.waiting.records;
    await spool.close();
    // One more than was told may be there: the kill came between the write and its acknowledgement.
    expect([lastTold + 1, lastTold + 2]).toContain(written);
    from = written;
  }
  expect(seen).toEqual(Array.from({ length: from }, (_, number) => number));
  folder.remove();
});
