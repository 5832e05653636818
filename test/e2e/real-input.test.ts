import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freeUdpPort, requirement, temporaryFolder, until } from '@fairlead/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  askStore,
  type FairleadProcess,
  readMetrics,
  startFairlead,
  untilRunning,
} from './support/fairlead-process.ts';

const run = promisify(execFile);
const need = requirement('snmpd', 'snmpset', 'softflowd', 'nfcapd', 'nfdump', 'rsyslogd', 'logger');
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;

/** OID of NET-SNMP-AGENT-MIB nsCacheTimeout for the interface table, which snmpd otherwise keeps for 15 s. */
const INTERFACE_CACHE_TIMEOUT = '1.3.6.1.4.1.8072.1.5.3.1.2.1.3.6.1.2.1.2.2';

describe('fairlead run on input that it did not write', () => {
  const folder = temporaryFolder();
  const children: ChildProcess[] = [];
  const start = (program: string, args: string[]): ChildProcess => {
    const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, PATH } });
    children.push(child);
    return child;
  };
  let fairlead: FairleadProcess | undefined;
  let urls: { url: string; storeUrl: string };
  let ports: Record<'snmp' | 'netflow' | 'nfcapd' | 'syslog' | 'relay', number>;

  beforeAll(async () => {
    if (!need.met) return;
    ports = {
      snmp: await freeUdpPort(),
      netflow: await freeUdpPort(),
      nfcapd: await freeUdpPort(),
      syslog: await freeUdpPort(),
      relay: await freeUdpPort(),
    };
    writeFileSync(join(folder.path, 'snmpd.conf'), `rwcommunity fairlead 127.0.0.1\n`);
    start('snmpd', [
      '-C',
      '-c',
      join(folder.path, 'snmpd.conf'),
      '-Lf',
      '/dev/null',
      '-f',
      `udp:127.0.0.1:${ports.snmp}`,
    ]);
    writeFileSync(
      join(folder.path, 'rsyslog.conf'),
      `module(load="imudp")
input(type="imudp" address="127.0.0.1" port="${ports.relay}")
action(type="omfwd" target="127.0.0.1" port="${ports.syslog}" protocol="udp" template="RSYSLOG_TraditionalForwardFormat")
`,
    );
    start('rsyslogd', [
      '-n',
      '-f',
      join(folder.path, 'rsyslog.conf'),
      '-i',
      join(folder.path, 'rsyslog.pid'),
    ]);
    await until('snmpd answers', () =>
      run(
        'snmpset',
        [
          '-v2c',
          '-cfairlead',
          '-On',
          '-t0.3',
          '-r0',
          `127.0.0.1:${ports.snmp}`,
          INTERFACE_CACHE_TIMEOUT,
          'i',
          '1',
        ],
        { env: { ...process.env, PATH } },
      ).then(
        () => true,
        () => false,
      ),
    );

    const config = join(folder.path, 'fairlead.yaml');
    writeFileSync(
      config,
      `dataDirectory: ${join(folder.path, 'data')}
http: { port: 0 }
store: { kind: embedded, http: { port: 0 } }
netflow: { port: ${ports.netflow} }
syslog: { port: ${ports.syslog} }
routers:
  - name: debian
    site: desk
    address: 127.0.0.1
    snmp: { port: ${ports.snmp}, community: "\${COMMUNITY}", intervalMs: 1000 }
    wans:
      - { name: LOOP, interface: lo, capacity: { rx: 1G, tx: 1G }, routingMark: none }
`,
    );
    fairlead = startFairlead(['run', '--config', config], { env: { COMMUNITY: 'fairlead' } });
    urls = await untilRunning(join(folder.path, 'data'), fairlead);
  });

  afterAll(async () => {
    await fairlead?.stop();
    for (const child of children.filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    )) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    folder.remove();
  });

  it('stores the counters of snmpd as /proc/net/dev has them', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const samples = (): Promise<{ at: number; rx: string }[]> =>
      askStore(
        urls.storeUrl,
        `SELECT toUnixTimestamp64Milli(time) AS at, toString(rx_bytes) AS rx FROM counters WHERE router = 'debian' AND interface = 'lo' AND source = 'snmp' ORDER BY time`,
      );
    const first = await until('two samples are stored', async () => (await samples()).at(1));
    const before = readLoopbackBytes();
    expect(Number(first.rx)).toBeLessThanOrEqual(before);

    await transferOverLoopback(40_000_000);
    const after = readLoopbackBytes();
    expect(after - before).toBeGreaterThan(40_000_000);

    const last = await until('a sample read after the transfer is stored', async () =>
      (await samples()).find(({ rx }) => Number(rx) >= after),
    );
    expect(Number(last.rx)).toBeLessThanOrEqual(readLoopbackBytes());

    // The utilisation of a sample is stored by an insert of its own, later than the sample.
    const load = await until('the utilisation of the transfer is stored', async () => {
      const [row] = await askStore<{ bits: number; peak: number }>(
        urls.storeUrl,
        `SELECT sum(rx_bps * interval_ms / 1000) AS bits, max(rx_util) AS peak FROM wan_utilisation WHERE wan = 'LOOP'`,
      );
      return row && row.bits > 8 * 40_000_000 ? row : undefined;
    });
    expect(load.peak).toBeGreaterThan(0);
  });

  it('stores the flows of softflowd as nfdump reads them from the same export', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const captured = join(folder.path, 'nfcapd');
    mkdirSync(captured);
    const nfcapd = start('nfcapd', [
      '-w',
      captured,
      '-b',
      '127.0.0.1',
      '-p',
      String(ports.nfcapd),
      '-t',
      '3600',
    ]);
    const server = createServer((socket) => socket.resume().on('end', () => socket.end()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const softflowd = start('softflowd', [
      ...['-d', '-i', 'lo', '-v', '9', '-n', `127.0.0.1:${ports.netflow},127.0.0.1:${ports.nfcapd}`],
      ...['-p', join(folder.path, 'softflowd.pid'), '-c', join(folder.path, 'softflowd.ctl')],
      ...['-t', 'maxlife=2', '-t', 'expint=1', '-t', 'tcp.fin=1', `tcp port ${address.port}`],
    ]);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const { port } = address;
    const send = async (bytes: number): Promise<void> => {
      const socket = connect(port, '127.0.0.1', () => socket.end(Buffer.alloc(bytes)));
      await once(socket.resume(), 'close');
      await new Promise((resolve) => setTimeout(resolve, 150));
    };
    for (let i = 0; i < 40; i += 1) await send(10_000 + i);
    // The kernel hands packets over in blocks, and only when a block is full: these fill it.
    for (let i = 0; i < 12; i += 1) await send(4_000_000);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    softflowd.kill('SIGTERM');
    await once(softflowd, 'exit');
    nfcapd.kill('SIGTERM');
    await once(nfcapd, 'exit');
    server.close();

    const expected = await readNfdump(captured);
    expect(expected.length).toBeGreaterThan(10);
    const stored = await until('as many flows are stored as nfdump has', async () => {
      const rows = await askStore<Record<string, string | number>>(
        urls.storeUrl,
        `SELECT toString(src_address) AS src, toString(dst_address) AS dst, src_port, dst_port, protocol, toUInt32(packets) AS packets, toUInt32(bytes) AS bytes FROM flows WHERE version = 9`,
      );
      return rows.length >= expected.length ? rows : undefined;
    });
    const line = (row: Record<string, string | number>): string =>
      [
        row['src'],
        row['dst'],
        row['src_port'],
        row['dst_port'],
        row['protocol'],
        row['packets'],
        row['bytes'],
      ]
        .map((value) => String(value).replace('::ffff:', ''))
        .join(' ');
    expect(stored.map(line).sort()).toEqual(expected.map(line).sort());
  });

  it('stores the lines of logger, directly and through rsyslogd', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const tag = `fairlead-${process.pid}`;
    for (const port of [ports.syslog, ports.relay]) {
      await run('logger', [
        '-n',
        '127.0.0.1',
        '-P',
        String(port),
        '-d',
        '--rfc3164',
        '-p',
        'daemon.warning',
        '-t',
        tag,
        `through ${port}`,
      ]);
    }
    const rows = await until('both lines are stored', async () => {
      const found = await askStore<{ message: string; severity: number; facility: number; router: string }>(
        urls.storeUrl,
        `SELECT message, severity, facility, router FROM syslog WHERE message LIKE '%through %' ORDER BY time`,
      );
      return found.length >= 2 ? found : undefined;
    });
    expect(rows).toHaveLength(2);
    for (const [index, port] of [ports.syslog, ports.relay].entries()) {
      expect(rows[index]).toMatchObject({ severity: 4, facility: 3, router: 'debian' });
      expect(rows[index]?.message).toContain(`through ${port}`);
    }
  });

  it('keeps books that balance', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    await until('everything received is accounted for', async () => {
      const metrics = await readMetrics(urls.url);
      const sum = (name: string, service: string, unit: string): number =>
        [...metrics]
          .filter(
            ([key]) =>
              key.startsWith(`fairlead_${name}_total{`) &&
              key.includes(`service="${service}"`) &&
              key.includes(`unit="${unit}"`),
          )
          .reduce((total, [, value]) => total + value, 0);
      for (const collector of ['netflow-collector', 'syslog-collector']) {
        const received = sum('received', collector, 'datagrams');
        if (received === 0) throw new Error(`${collector} received nothing`);
        if (received !== sum('stored', collector, 'datagrams') + sum('dropped', collector, 'datagrams'))
          return false;
      }
      const decoded = sum('decoded', 'flow-decoder', 'datagrams');
      return (
        sum('received', 'flow-decoder', 'datagrams') ===
          decoded + sum('dropped', 'flow-decoder', 'datagrams') &&
        sum('stored', 'netflow-collector', 'datagrams') === sum('received', 'flow-decoder', 'datagrams') &&
        sum('decoded', 'flow-decoder', 'flows') ===
          sum('stored', 'flow-decoder', 'flows') + sum('dropped', 'flow-decoder', 'flows')
      );
    });
  });
});

function readLoopbackBytes(): number {
  const line = readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .find((text) => text.trim().startsWith('lo:'));
  return Number(line?.split(':')[1]?.trim().split(/\s+/)[0]);
}

async function transferOverLoopback(bytes: number): Promise<void> {
  const server = createServer((socket) => socket.resume().on('end', () => socket.end()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const socket = connect(address.port, '127.0.0.1', () => socket.end(Buffer.alloc(bytes)));
  await once(socket.resume(), 'close');
  server.close();
}

async function readNfdump(folder: string): Promise<Record<string, string>[]> {
  const format = 'fmt:%sa %da %sp %dp %pr %pkt %byt';
  const { stdout } = await run('nfdump', ['-R', folder, '-q', '-N', '-o', format], {
    env: { ...process.env, PATH },
  });
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length === 7)
    .map(([src = '', dst = '', srcPort = '', dstPort = '', protocol = '', packets = '', bytes = '']) => ({
      src,
      dst,
      src_port: srcPort,
      dst_port: dstPort,
      protocol: protocol === 'TCP' ? '6' : protocol,
      packets,
      bytes,
    }));
}
