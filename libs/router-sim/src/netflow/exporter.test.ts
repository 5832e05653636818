import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { createTemplateStore, decodeNetflow, type Decoded } from '@fairlead/netflow';
import { freeUdpPort, requirement, temporaryFolder, until } from '@fairlead/testkit';
import { describe, expect, it } from 'vitest';
import type { ConnectionReading } from '../kernel/kernel.ts';
import { noLoad, steadyLoad } from '../load.ts';
import { createRouterSim, type RouterSim } from '../router-sim.ts';
import { dualWan } from '../testing/dual-wan.ts';
import { createFlowExporter } from './exporter.ts';

const run = promisify(execFile);
const need = requirement('nfcapd', 'nfdump');

/** Remembers every connection that was opened. */
function remember(sim: RouterSim): ConnectionReading[] {
  const all: ConnectionReading[] = [];
  sim.kernel.observe({
    opened: (connection) => void all.push(connection),
    linkChanged: () => undefined,
  });
  return all;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const wholeBytes = (all: readonly ConnectionReading[]): number =>
  sum(all.map(({ rxBytes, txBytes }) => rxBytes + txBytes));

describe('NetFlow v9 exporter', () => {
  /** A router without sockets whose datagrams are kept. */
  function quietExporter(activeTimeoutMs: number) {
    const sim = createRouterSim({ ...dualWan, load: steadyLoad(10e6) });
    const datagrams: Uint8Array[] = [];
    const exporter = createFlowExporter(
      { host: '', port: 0, version: 9, activeTimeoutMs, inactiveTimeoutMs: 15_000 },
      {
        send: (datagram) => void datagrams.push(datagram),
        unixMs: (uptimeMs) => 1_700_000_000_000 + uptimeMs,
      },
    );
    const all = remember(sim);
    sim.kernel.observe({ ...exporter.observer, linkChanged: () => undefined });
    const advance = (seconds: number): void => {
      for (let i = 0; i < seconds; i += 1) {
        sim.advance(1_000);
        exporter.run(sim.kernel.uptimeMs());
      }
    };
    const decode = (): Decoded[] => {
      const templates = createTemplateStore();
      const context = { timeMs: 1_700_000_000_000, exporter: new Uint8Array(16), router: '', templates };
      return datagrams.map((datagram) => decodeNetflow(datagram, context));
    };
    return { sim, exporter, all, datagrams, advance, decode };
  }

  it('reports every byte of every finished connection once, in two directions', () => {
    const { sim, all, advance, decode } = quietExporter(5_000);
    advance(30);
    sim.setLoad(noLoad);
    advance(60);
    const decoded = decode();
    const flows = decoded.flatMap((datagram) => datagram.flows);
    expect(all.length).toBeGreaterThan(100);
    expect(all.every(({ closed }) => closed)).toBe(true);
    expect(decoded.flatMap(({ problems }) => problems)).toEqual([]);
    expect(sum(flows.map(({ bytes }) => bytes))).toBe(wholeBytes(all));
    const downloads = flows.filter(({ inputIfIndex }) => inputIfIndex === 1);
    expect(sum(downloads.map(({ bytes }) => bytes))).toBe(sum(all.map(({ rxBytes }) => rxBytes)));
    const [first] = all;
    const upload = flows.find(
      ({ srcPort, dstPort }) => srcPort === first?.client.port && dstPort === first.server.port,
    );
    expect(upload).toMatchObject({
      inputIfIndex: 3,
      outputIfIndex: 1,
      protocol: 6,
      postNatSrcPort: first?.natted.port,
    });
  });

  it('waits for the inactive timeout, whatever TCP says', () => {
    const { sim, advance, datagrams } = quietExporter(600_000);
    advance(3);
    sim.setLoad(noLoad);
    advance(10);
    expect(datagrams).toHaveLength(0);
    advance(20);
    expect(datagrams.length).toBeGreaterThan(0);
  });

  it('repeats the template every twenty packets and numbers them', () => {
    const { advance, datagrams } = quietExporter(2_000);
    advance(60);
    expect(datagrams.length).toBeGreaterThan(41);
    const view = datagrams.map((datagram) => Buffer.from(datagram));
    expect(view.map((datagram) => datagram.readUInt32BE(12))).toEqual(view.map((_, index) => index));
    const withTemplate = view.flatMap((datagram, index) => (datagram.readUInt16BE(20) === 0 ? [index] : []));
    expect(withTemplate.slice(0, 3)).toEqual([0, 20, 40]);
    expect(Math.max(...view.map((datagram) => datagram.length))).toBeLessThanOrEqual(1_400);
  });

  it('is understood by nfcapd to the last byte', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const folder = temporaryFolder();
    const port = await freeUdpPort();
    const nfcapd = spawn(
      'nfcapd',
      ['-w', folder.path, '-p', String(port), '-b', '127.0.0.1', '-B', '4000000'],
      {
        stdio: 'ignore',
      },
    );
    try {
      await until('nfcapd listens', () => udpPorts().includes(port));
      const sim = createRouterSim({
        ...dualWan,
        load: steadyLoad(5e6),
        netflow: { host: '127.0.0.1', port, version: 9, activeTimeoutMs: 4_000 },
      });
      const all = remember(sim);
      await sim.start();
      const advance = async (seconds: number): Promise<void> => {
        for (let i = 0; i < seconds; i += 1) {
          sim.advance(1_000);
          await new Promise(setImmediate);
        }
      };
      await advance(10);
      sim.setLoad(noLoad);
      await advance(50);
      await sim.stop();
      await until('nfcapd has read its socket', () => udpBacklog(port) === 0);
      nfcapd.kill('SIGTERM');
      await once(nfcapd, 'exit');
      const { stdout } = await run('nfdump', ['-R', folder.path, '-q', '-N', '-o', 'fmt:%byt %pkt %in %out']);
      const rows = stdout
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/\s+/).map(Number));
      expect(all.length).toBeGreaterThan(50);
      expect(sum(rows.map(([bytes = 0]) => bytes))).toBe(wholeBytes(all));
      expect(sum(rows.map(([, packets = 0]) => packets))).toBe(
        sum(all.map(({ rxPackets, txPackets }) => rxPackets + txPackets)),
      );
      expect(new Set(rows.map(([, , input, output]) => `${input}>${output}`))).toEqual(
        new Set(['1>3', '3>1']),
      );
    } finally {
      if (nfcapd.exitCode === null && nfcapd.signalCode === null) nfcapd.kill('SIGKILL');
      folder.remove();
    }
  });
});

/** Lines of /proc/net/udp as words. */
const udpSockets = (): string[][] =>
  readFileSync('/proc/net/udp', 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));

const portOf = (socket: readonly string[]): number => Number.parseInt(socket[1]?.split(':')[1] ?? '', 16);
const udpPorts = (): number[] => udpSockets().map(portOf);

/** Bytes that wait in the receive buffer of a UDP port. */
function udpBacklog(port: number): number {
  const socket = udpSockets().find((candidate) => portOf(candidate) === port);
  return Number.parseInt(socket?.[4]?.split(':')[1] ?? '0', 16);
}
