/**
 * What node-netflowv9 and syslog-server do with input that any network can bring, and what we do with the same: the
 * numbers behind ADR 0002. The peers run in processes of their own, which are killed at a deadline.
 */
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { createEmbeddedLog } from '@fairlead/event-log';
import { addressToBytes, systemClock, fixedInventory } from '@fairlead/model';
import { createTemplateStore, decodeNetflow } from '@fairlead/netflow';
import { buildSet, buildV9, bytes, templateRecord } from '@fairlead/netflow/testing';
import { createTelemetry } from '@fairlead/runtime';
import { readLedger } from '@fairlead/runtime/testing';
import { createSyslogCollector, syslogCollectorConfigSchema } from '@fairlead/syslog-collector';
import { temporaryFolder, until } from '@fairlead/testkit';
import { type BenchmarkResult, report } from './support/report.ts';

const DEADLINE_MS = 5_000;

/** What a child prints, or undefined when it dies or has to be killed. */
function runChild(script: string, args: readonly string[]): Promise<number | undefined> {
  return new Promise((resolve) => {
    const path = join(import.meta.dirname, 'support', script);
    execFile(
      process.execPath,
      [path, ...args],
      { timeout: DEADLINE_MS, killSignal: 'SIGKILL' },
      (error, stdout) => {
        resolve(error || stdout === '' ? undefined : Number(stdout));
      },
    );
  });
}

const template = buildV9({}, buildSet(0, templateRecord(256, [[1, 4]])));
const data = buildV9({}, buildSet(256, bytes([1_500, 4])));

async function flowsAround(name: string, ...bad: readonly Uint8Array[]): Promise<BenchmarkResult> {
  const datagrams = [template, data, ...bad, data];
  const context = {
    timeMs: 1,
    exporter: addressToBytes('192.0.2.1'),
    router: '',
    templates: createTemplateStore(),
  };
  const value = datagrams.reduce((sum, datagram) => sum + decodeNetflow(datagram, context).flows.length, 0);
  const hex = datagrams.map((datagram) => Buffer.from(datagram).toString('hex'));
  const peerValue = (await runChild('node-netflowv9-child.mjs', hex)) ?? 0;
  return { name, value, unit: 'flows told of, of 2', peer: 'node-netflowv9', peerValue };
}

const folder = temporaryFolder();
const log = await createEmbeddedLog({ directory: folder.path });
const telemetry = createTelemetry({ level: 'silent' });
const collector = (options: Record<string, unknown>): ReturnType<typeof createSyslogCollector> =>
  createSyslogCollector(syslogCollectorConfigSchema.parse({ port: 0, ...options }), {
    log,
    inventory: fixedInventory([]),
    clock: systemClock,
    telemetry,
  });

async function messagesOverIpv6(): Promise<number> {
  const listener = collector({ host: '::' });
  await listener.start();
  const sender = createSocket('udp6');
  sender.send('<13>hello', listener.address().port, '::1');
  const stored = async (): Promise<number> =>
    (await readLedger(telemetry.registry, 'syslog-collector', 'datagrams')).stored;
  await until('the message', async () => (await stored()) > 0);
  sender.close();
  await listener.stop();
  return stored();
}

async function listenersOfOneProcess(): Promise<number> {
  const listeners = [collector({}), collector({})];
  for (const listener of listeners) await listener.start();
  for (const listener of listeners) await listener.stop();
  return listeners.length;
}

async function msUntilTakenPortIsTold(): Promise<number> {
  const first = collector({});
  await first.start();
  const startMs = performance.now();
  await collector({ port: first.address().port })
    .start()
    .catch(() => undefined);
  const ms = performance.now() - startMs;
  await first.stop();
  return ms;
}

const syslogPeer = async (scenario: string): Promise<number | undefined> =>
  runChild('syslog-server-child.mjs', [scenario]);

report([
  await flowsAround('nothing bad in between'),
  await flowsAround('a set of length 0 in between (24 bytes)', buildV9({}, Uint8Array.of(1, 0, 0, 0))),
  await flowsAround('a template cut short in between', template.subarray(0, template.length - 2)),
  {
    name: 'syslog over IPv6',
    value: await messagesOverIpv6(),
    unit: 'messages, of 1',
    peer: 'syslog-server',
    peerValue: (await syslogPeer('ipv6')) ?? 0,
  },
  {
    name: 'syslog listeners of one process',
    value: await listenersOfOneProcess(),
    unit: 'listeners, of 2',
    peer: 'syslog-server',
    peerValue: (await syslogPeer('two')) ?? 0,
  },
  {
    name: `a taken port is told to the caller (${DEADLINE_MS} is never)`,
    value: await msUntilTakenPortIsTold(),
    unit: 'ms',
    peer: 'syslog-server',
    peerValue: (await syslogPeer('taken')) ?? DEADLINE_MS,
  },
]);

await log.close();
folder.remove();
