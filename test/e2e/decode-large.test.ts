import { closeSync, openSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { buildPcap, ethernet, ipv4, udp } from '@fairlead/pcap/testing';
import { temporaryFolder } from '@fairlead/testkit';
import { afterAll, expect, it } from 'vitest';
import { netflow5 } from './support/netflow5.ts';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

const MAIN = resolve(import.meta.dirname, '../../services/fairlead/src/main.ts');
const flow = ethernet(0x0800, ipv4({}, udp({}, netflow5('10.0.0.1', '198.51.100.7', 1_500))));
/** What is no flow is read and counted, which takes less time than to print it. */
const foreign = ethernet(0x0800, ipv4({}, udp({ destinationPort: 53 }, new Uint8Array(1_400).fill(7))));
const PART_FLOWS = 50;
const PART_FOREIGN = 950;
const header = buildPcap({});
const recordsOf = (packet: Uint8Array, count: number): Uint8Array[] =>
  Array.from<Uint8Array>({ length: count }).fill(buildPcap({}, packet).subarray(header.length));
const part = Buffer.concat([...recordsOf(flow, PART_FLOWS), ...recordsOf(foreign, PART_FOREIGN)]);

/** A capture of the same part again and again, 1.4 MB each; returns where it is. */
function writeCapture(name: string, parts: number): string {
  const path = join(folder.path, name);
  const descriptor = openSync(path, 'w');
  writeSync(descriptor, header);
  for (let number = 0; number < parts; number += 1) writeSync(descriptor, part);
  closeSync(descriptor);
  return path;
}

/** The totals of the command, and the most memory it had, in MiB. */
async function decode(path: string): Promise<{ readonly totals: unknown; readonly peakMib: number }> {
  const tell = 'process.on("exit",()=>console.error(process.resourceUsage().maxRSS/1024))';
  const child = spawn(
    process.execPath,
    [
      ...['--import', import.meta.resolve('tsx'), '--import', `data:text/javascript,${tell}`],
      ...[MAIN, 'decode', '--json', path],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child, 'close');
  const [totals = '', peak] = stderr.trimEnd().split('\n');
  return { totals: JSON.parse(totals) as unknown, peakMib: Number(peak) };
}

it('a capture of any size takes the same memory', async () => {
  const small = await decode(writeCapture('small.pcap', 4));
  const large = await decode(writeCapture('large.pcap', 150));
  expect(large.totals).toMatchObject({
    datagrams: 7_500,
    flows: 7_500,
    problems: { 'not-netflow': 142_500 },
  });
  // Of 210 MB; the garbage of reading and printing is a few dozen.
  expect(large.peakMib - small.peakMib).toBeLessThan(100);
});
