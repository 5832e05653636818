import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkFile } from './check-file.ts';
import { createEmbeddedLog } from './embedded-log.ts';

describe('a damaged file of the embedded log', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let file: string;

  beforeEach(async () => {
    folder = temporaryFolder();
    file = join(folder.path, 'data.mdb');
    const log = await createEmbeddedLog({ directory: folder.path });
    await log.ensureTopics([{ name: 't', partitions: 2, retentionMs: 3_600_000, retentionBytes: 2 ** 30 }]);
    for (let n = 0; n < 40; n += 1) {
      const sizes = [50, 5_000, 70_000];
      await log.append(
        sizes.map((size) => ({ topic: 't', key: `k${n}`, value: new Uint8Array(size).fill(n) })),
      );
    }
    await log.close();
  });
  afterEach(() => folder.remove());

  it('is told from a whole one, from an empty folder, and from what lies behind the last page', () => {
    checkFile(file);
    checkFile(join(folder.path, 'absent'));
    truncateSync(file, statSync(file).size + 2_500);
    checkFile(file);
  });

  it('is no file that is only shorter than its last page, because nothing uses the pages behind', () => {
    const bytes = readFileSync(file);
    for (const metaPage of [0, 4_096]) bytes.writeBigUInt64LE(100_000n, metaPage + 144);
    writeFileSync(file, bytes);
    checkFile(file);
    truncateSync(file, bytes.length - 4_096 * 20);
    expect(() => checkFile(file)).toThrow('is cut off');
  });

  it.each([0.99, 0.9, 0.5, 0.1])(
    'that keeps %d of its bytes is an error which says what to do, and no crash',
    async (share) => {
      const whole = statSync(file).size;
      truncateSync(file, Math.floor(whole * share));
      const opened = createEmbeddedLog({ directory: folder.path });
      await expect(opened).rejects.toThrow(`is cut off: it has ${Math.floor(whole * share)} bytes of`);
      await expect(opened).rejects.toThrow('restore the folder from a backup, or move it away');
    },
  );

  it('that is no log at all is one, too', async () => {
    writeFileSync(file, Buffer.alloc(20_000, 1));
    await expect(createEmbeddedLog({ directory: folder.path })).rejects.toThrow(
      'is not the file of an event log',
    );
  });
});
