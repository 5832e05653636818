import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requirement, temporaryFolder, until } from '@fairlead/testkit';
import { expect, it } from 'vitest';
import { silentLog } from '../log-writer.ts';
import { AppendError } from '../port.ts';
import { createEmbeddedLog } from './embedded-log.ts';

it('refuses appends while the disk is full, says so once, and goes on when there is room', async (ctx) => {
  const need = requirement('mount', 'umount');
  if (!need.met) return ctx.skip(need.reason);
  if (process.getuid?.() !== 0) return ctx.skip('only root can make a small disk (tmpfs)');
  const folder = temporaryFolder();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder.path]);
  try {
    const ballast = join(folder.path, 'ballast');
    writeFileSync(ballast, Buffer.alloc(8 * 2 ** 20));
    const said: string[] = [];
    const log = await createEmbeddedLog({
      directory: join(folder.path, 'log'),
      logger: {
        ...silentLog,
        error: (_fields, message) => said.push(message),
        info: (_fields, message) => said.push(message),
      },
    });
    await log.ensureTopics([{ name: 't', partitions: 1, retentionMs: 3_600_000, retentionBytes: 2 ** 30 }]);
    const offsets = new Set<number>();
    await log.subscribe({
      topics: ['t'],
      group: 'g',
      startAt: 'earliest',
      onBatch: async ({ records }) => {
        for (const { offset } of records) offsets.add(offset);
      },
    });
    const append = () => log.append([{ topic: 't', key: 'a', value: new Uint8Array(65_536) }]);
    let appended = 0;
    const refused = await until(
      'a full disk',
      () =>
        append().then(
          () => void (appended += 1),
          (error: unknown) => error,
        ),
      { everyMs: 0 },
    );
    expect(refused).toBeInstanceOf(AppendError);
    expect((refused as Error).message).toContain(`no room left for ${folder.path}`);
    await expect(append()).rejects.toThrow(AppendError);

    rmSync(ballast);
    await until('room', () =>
      append().then(
        () => true,
        () => false,
      ),
    );
    await until('everything was read', () => offsets.size === appended + 1);
    expect(await log.partitions('t')).toMatchObject([{ firstOffset: 0, nextOffset: appended + 1 }]);
    expect(said[0]).toContain('what comes is refused until it can');
    expect(said.at(-1)).toBe('the event log can be written again');
    await log.close();
  } finally {
    execFileSync('umount', ['-l', folder.path]);
    folder.remove();
  }
});
