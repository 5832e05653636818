import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
import { afterEach, expect, it } from 'vitest';
import { findRunning, refuseIfRunning, removeRunFile, writeRunFile } from './run-file.ts';

const folder = temporaryFolder();
afterEach(() => removeRunFile(folder.path));
const content = { url: 'http://127.0.0.1:8080', storeUrl: 'http://127.0.0.1:8123' };

it('finds the pipeline that runs on a data directory, until it is removed', async () => {
  expect(await findRunning(folder.path)).toBeUndefined();
  await writeRunFile(folder.path, { pid: process.pid, ...content });
  expect(await findRunning(folder.path)).toEqual({ pid: process.pid, ...content });
  await expect(refuseIfRunning(folder.path)).rejects.toThrow(`process ${process.pid} runs on ${folder.path}`);
  await removeRunFile(folder.path);
  expect(await findRunning(folder.path)).toBeUndefined();
});

it('takes the file of a process that is gone for what it is', async () => {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  await writeRunFile(folder.path, { pid: child.pid ?? 0, ...content });
  expect(await findRunning(folder.path)).toBeUndefined();
});

it.each(['', '{', '[]', '{"pid":-1,"url":"x"}'])('ignores a broken file: %j', async (text) => {
  writeFileSync(join(folder.path, 'run.json'), text);
  expect(await findRunning(folder.path)).toBeUndefined();
});
