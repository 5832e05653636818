import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findAllRunning, findRunning, refuseIfRunning, removeRunFile, writeRunFile } from './run-file.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());
const content = { url: 'http://127.0.0.1:8080', storeUrl: 'http://127.0.0.1:8123', services: ['actuator'] };

it('finds the pipeline that runs on a data directory, until it is removed', async () => {
  expect(await findRunning(folder.path)).toBeUndefined();
  await writeRunFile(folder.path, { pid: process.pid, ...content });
  expect(await findRunning(folder.path)).toEqual({ pid: process.pid, ...content });
  // What a killed process left that had our own id, as in a container.
  await refuseIfRunning(folder.path);
  await removeRunFile(folder.path, process.pid);
  expect(await findRunning(folder.path)).toBeUndefined();
});

it('finds several, who has the store first, and refuses only to collect twice', async () => {
  const { url } = content;
  await writeRunFile(folder.path, {
    pid: process.ppid,
    url,
    services: ['netflow-collector', 'flow-decoder'],
  });
  await writeRunFile(folder.path, { pid: process.pid, ...content });
  expect((await findAllRunning(folder.path)).map(({ pid }) => pid)).toEqual([process.pid, process.ppid]);
  await refuseIfRunning(folder.path, new Set(['flow-decoder', 'actuator', 'syslog-collector']));
  await expect(refuseIfRunning(folder.path)).rejects.toThrow(
    `process ${process.ppid} runs on ${folder.path}`,
  );
  await expect(refuseIfRunning(folder.path, new Set(['netflow-collector']))).rejects.toThrow(
    `netflow-collector of process ${process.ppid} runs on ${folder.path} already`,
  );
});

it('takes the file of a process that is gone for what it is', async () => {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  await writeRunFile(folder.path, { pid: child.pid ?? 0, ...content });
  expect(await findRunning(folder.path)).toBeUndefined();
});

it.each(['', '{', '[]', '{"pid":-1,"url":"x","services":[]}'])('ignores a broken file: %j', async (text) => {
  mkdirSync(join(folder.path, 'run'));
  writeFileSync(join(folder.path, 'run', '1.json'), text);
  expect(await findRunning(folder.path)).toBeUndefined();
});
