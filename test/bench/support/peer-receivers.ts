import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { freeUdpPort, temporaryFolder, until } from '@fairlead/testkit';
import { type Receiver, untilQuiet } from './flow-stream.ts';
import { readProcessCpu } from './process-cpu.ts';

const run = promisify(execFile);
/** What our own collector gets here (net.core.rmem_max cuts both). */
const RECEIVE_BUFFER_BYTES = 16 * 2 ** 20;
const RECORDS = /^goflow2_flow_process_nf_delay_seconds_count\{.*\} (.+)$/gm;

/** nfcapd, which writes records to a file as they came; counted by nfdump. */
export async function openNfcapd(): Promise<Receiver> {
  const folder = temporaryFolder();
  const port = await freeUdpPort();
  const { child, pid, stop } = await startPeer('nfcapd', [
    ...['-b', '127.0.0.1', '-p', String(port), '-w', folder.path, '-t', '3600'],
    ...['-B', String(RECEIVE_BUFFER_BYTES)],
  ]);
  const stored = async (): Promise<number> => {
    const { stdout } = await run('nfdump', ['-R', folder.path, '-I']);
    return Number(/^Flows: (\d+)/m.exec(stdout)?.[1]);
  };
  const before = await readProcessCpu(pid);
  return {
    port,
    async settle() {
      const { lagSeconds } = await untilQuiet(() => readProcessCpu(pid), Infinity, 500);
      const cpu = new Map([['nfcapd', (await readProcessCpu(pid)) - before]]);
      // It closes its file when it ends.
      const ended = once(child, 'close');
      child.kill();
      await ended;
      return { flows: await stored(), lagSeconds, cpu, notes: '' };
    },
    async stop() {
      await stop();
      folder.remove();
    },
  };
}

/** goflow2, which writes to nothing; counted by its own metrics. */
export async function openGoflow2(format: 'json' | 'bin'): Promise<Receiver> {
  const port = await freeUdpPort();
  const url = `http://127.0.0.1:${await freeUdpPort()}`;
  const { pid, stop } = await startPeer('goflow2', [
    ...['-listen', `netflow://127.0.0.1:${port}`, '-addr', url.slice('http://'.length)],
    ...['-transport.file', '/dev/null', '-format', format, '-loglevel', 'error'],
  ]);
  const decoded = async (): Promise<number> => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return [...text.matchAll(RECORDS)].reduce((sum, [, value]) => sum + Number(value), 0);
  };
  await until('goflow2 answers', () =>
    decoded()
      .then(() => true)
      .catch(() => undefined),
  );
  const before = await readProcessCpu(pid);
  return {
    port,
    async settle(sent) {
      const { value, lagSeconds } = await untilQuiet(decoded, sent.flows);
      return {
        flows: value,
        lagSeconds,
        cpu: new Map([['goflow2', (await readProcessCpu(pid)) - before]]),
        notes: '',
      };
    },
    stop,
  };
}

async function startPeer(
  program: string,
  args: readonly string[],
): Promise<{ readonly child: ChildProcess; readonly pid: number; stop(): Promise<void> }> {
  const child = spawn(program, args, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} did not start`);
  return {
    child,
    pid,
    stop() {
      child.kill();
      return ended;
    },
  };
}
