import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
import { expect, it } from 'vitest';
import { createDecodeProgress, type DecodeProgress, totalBytesOf } from './decode-progress.ts';

function start(options: {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly totalBytes?: number;
}): {
  readonly progress: DecodeProgress;
  readonly written: string[];
  readAt(ms: number, bytes: number): void;
} {
  const written: string[] = [];
  let nowMs = 500;
  const progress = createDecodeProgress({
    stream: { ...options, write: (text) => written.push(text) },
    totalBytes: options.totalBytes,
    counts: () => ({ datagrams: 7, flows: 210 }),
    monotonicMs: () => nowMs,
  });
  return {
    progress,
    written,
    readAt(ms, bytes) {
      nowMs = 500 + ms;
      progress.read(bytes);
    },
  };
}

it('is a line that is written over now and then, and taken away', () => {
  const { progress, written, readAt } = start({ isTTY: true, totalBytes: 40_000_000 });
  readAt(900, 10_000_000);
  expect(written).toEqual([]);
  readAt(1_100, 10_000_000);
  readAt(1_200, 10_000_000);
  readAt(2_000, 9_000_000);
  progress.clear();
  progress.clear();
  expect(written).toEqual([
    '\r\u001b[K20 MB of 40 MB (50 %), 7 datagrams, 210 flows, 1 s',
    '\r\u001b[K39 MB of 40 MB (97 %), 7 datagrams, 210 flows, 2 s',
    '\r\u001b[K',
  ]);
});

it('is no longer than the terminal is wide, and without a share where the whole is not known', () => {
  const { written, readAt } = start({ isTTY: true, columns: 20 });
  readAt(5_000, 3_000_000);
  expect(written).toEqual(['\r\u001b[K3 MB, 7 datagrams, ']);
});

it('is whole on a terminal that does not know its width', () => {
  const { written, readAt } = start({ isTTY: true, columns: 0 });
  readAt(5_000, 3_000_000);
  expect(written).toEqual(['\r\u001b[K3 MB, 7 datagrams, 210 flows, 5 s']);
});

it('is not there without a terminal, nor for what takes no time', () => {
  const file = start({});
  file.readAt(60_000, 1_000_000);
  file.progress.clear();
  expect(file.written).toEqual([]);
  const quick = start({ isTTY: true });
  quick.readAt(999, 1_000_000);
  quick.progress.clear();
  expect(quick.written).toEqual([]);
});

it('knows how much there is if all of it is plain files', () => {
  const folder = temporaryFolder();
  try {
    const one = join(folder.path, 'one');
    writeFileSync(one, 'three');
    mkdirSync(join(folder.path, 'directory'));
    expect(totalBytesOf([one, one])).toBe(10);
    expect(totalBytesOf([one, '-'])).toBeUndefined();
    expect(totalBytesOf([one, join(one, 'below')])).toBeUndefined();
    expect(totalBytesOf([one, join(folder.path, 'directory')])).toBeUndefined();
  } finally {
    folder.remove();
  }
});
