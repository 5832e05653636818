import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freeUdpPort, temporaryFolder, until } from '@fairlead/testkit';
import { readMetrics, startFairlead, untilRunning } from '../../e2e/support/fairlead-process.ts';
import { untilQuiet } from './flow-stream.ts';
import { readProcessCpu } from './process-cpu.ts';

/** What became of the messages that were sent to one receiver. */
export interface Received {
  readonly stored: number;
  /** Taken from the socket and let go. */
  readonly dropped: number;
  /** Dropped by the kernel, because the receive buffer was full (the last column of /proc/net/udp, proc(5)). */
  readonly kernelDrops: number;
  readonly cpuSeconds: number;
}

/** A program that stores the messages of a UDP port. */
export interface SyslogReceiver {
  readonly port: number;
  /** Called when everything is sent; waits until the receiver has done its work. */
  settle(sent: number): Promise<Received>;
  stop(): Promise<void>;
}

/** The collector as an operator runs it, with the embedded log. */
export async function openCollector(receiveBufferBytes: number): Promise<SyslogReceiver> {
  const folder = temporaryFolder();
  const port = await freeUdpPort();
  const file = join(folder.path, 'fairlead.yaml');
  writeFileSync(
    file,
    `dataDirectory: ${folder.path}
logLevel: error
http: { port: 0 }
syslog: { port: ${port}, receiveBufferBytes: ${receiveBufferBytes} }
`,
  );
  const child = startFairlead(['run', '--config', file, '--services', 'syslog-collector']);
  const { url } = await untilRunning(folder.path, child);
  const booked = async (name: string): Promise<number> =>
    [...(await readMetrics(url))]
      .filter(([key]) => key.startsWith(`fairlead_${name}_total{service="syslog-collector",unit="datagrams"`))
      .reduce((sum, [, value]) => sum + value, 0);
  const before = await readProcessCpu(child.pid);
  return {
    port,
    async settle(sent) {
      const settled = async (): Promise<number> =>
        (await booked('stored')) + (await booked('dropped')) + (await readKernelDrops(port));
      await untilQuiet(settled, sent, 3_000);
      return {
        stored: await booked('stored'),
        dropped: await booked('dropped'),
        kernelDrops: await readKernelDrops(port),
        cpuSeconds: (await readProcessCpu(child.pid)) - before,
      };
    },
    async stop() {
      await child.stop();
      folder.remove();
    },
  };
}

/** Debian's rsyslogd with imudp, which writes lines to a file. */
export async function openRsyslogd(receiveBufferBytes: number): Promise<SyslogReceiver> {
  const folder = temporaryFolder();
  const port = await freeUdpPort();
  const lines = join(folder.path, 'lines');
  const config = join(folder.path, 'rsyslog.conf');
  // As large a queue as our own, so that it is the receiving that is compared.
  writeFileSync(
    config,
    `main_queue(queue.size="262144" queue.dequeueBatchSize="1024")
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="${port}" rcvbufSize="${receiveBufferBytes}")
action(type="omfile" file="${lines}" template="RSYSLOG_FileFormat" asyncWriting="off" ioBufferSize="64k" flushOnTXEnd="on")
`,
  );
  const child = spawn('/usr/sbin/rsyslogd', ['-n', '-f', config, '-i', join(folder.path, 'pid')], {
    stdio: 'ignore',
  });
  const ended = once(child, 'close');
  await once(child, 'spawn');
  const { pid } = child;
  if (pid === undefined) throw new Error('rsyslogd did not start');
  await until('rsyslogd listens', () => readFileSync('/proc/net/udp', 'utf8').includes(localOf(port)));
  const before = await readProcessCpu(pid);
  /** Its own messages, which it writes when it starts, are no one's who sends. */
  const stored = async (): Promise<number> => {
    const text = await readFile(lines, 'latin1').catch(() => '');
    return text.split('\n').filter((line) => line !== '' && !line.includes(' rsyslogd: ')).length;
  };
  return {
    port,
    async settle(sent) {
      await untilQuiet(async () => (await stored()) + (await readKernelDrops(port)), sent, 3_000);
      return {
        stored: await stored(),
        dropped: 0,
        kernelDrops: await readKernelDrops(port),
        cpuSeconds: (await readProcessCpu(pid)) - before,
      };
    },
    async stop() {
      child.kill();
      await ended;
      folder.remove();
    },
  };
}

const localOf = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, '0')} `;

async function readKernelDrops(port: number): Promise<number> {
  return (await readFile('/proc/net/udp', 'utf8'))
    .split('\n')
    .filter((line) => line.slice(0, 24).includes(localOf(port)))
    .reduce((sum, line) => sum + Number(line.trim().split(/\s+/).at(-1)), 0);
}
