import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
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
const need = requirement('rsyslogd', 'syslog-ng', 'logger', 'openssl');
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/local/sbin`;
const LINES = 300;
/** Over UDP one datagram, and of one Ethernet frame with its header. */
const UDP_BYTES = 1_000;
const STREAM_BYTES = 6_000;

/** Numbered lines, some of them long, some not ASCII; all of them without what a sender would rewrite. */
function linesOf(longestBytes: number): string[] {
  return Array.from({ length: LINES }, (_, number) => {
    if (number % 10 === 3) return `${number} Überlast auf ether1 – größer als 80 % 警告 🔥`;
    if (number % 10 === 7) return `${number} ${'long '.repeat(longestBytes / 5 - 20)}end`;
    return `${number} a line "quoted" with 'all' <sorts> of [marks]: a=b; c\\d`;
  });
}

const udpLines = linesOf(UDP_BYTES);
const streamLines = linesOf(STREAM_BYTES);

async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

describe('every line of other senders arrives', () => {
  const folder = temporaryFolder();
  const at = (...names: string[]): string => join(folder.path, ...names);
  const children: ChildProcess[] = [];
  const start = (program: string, args: string[]): void => {
    const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, PATH } });
    children.push(child);
  };
  let fairlead: FairleadProcess | undefined;
  let urls: { url: string; storeUrl: string };
  let ports: Record<'udp' | 'tcp' | 'tls', number>;

  beforeAll(async () => {
    if (!need.met) return;
    ports = { udp: await freeUdpPort(), tcp: await freeTcpPort(), tls: await freeTcpPort() };
    await makeCertificates(folder.path);
    writeFileSync(
      at('fairlead.yaml'),
      `dataDirectory: ${at('data')}
http: { port: 0 }
store: { kind: embedded, http: { port: 0 } }
syslog:
  port: ${ports.udp}
  tcp: { port: ${ports.tcp} }
  tls:
    port: ${ports.tls}
    certificate: ${at('server.crt')}
    key: ${at('server.key')}
    clientCa: ${at('ca.crt')}
    clientCertificate: optional
routers:
  - name: gw2
    site: desk
    address: 192.0.2.2
    snmp: { community: public, intervalMs: 3600000 }
    syslog: { certificate: { name: gw2.example } }
    wans:
      - { name: A, interface: ether1, capacity: { rx: 1G, tx: 1G }, routingMark: none }
`,
    );
    fairlead = startFairlead([
      'run',
      ...['--config', at('fairlead.yaml')],
      ...['--services', 'syslog-collector,clickhouse-writer'],
    ]);
    urls = await untilRunning(at('data'), fairlead);
  });

  afterAll(async () => {
    for (const child of children.filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    )) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    await fairlead?.stop();
    folder.remove();
  });

  const portOf = (way: string): number =>
    way.endsWith('udp') ? ports.udp : way.endsWith('tls') ? ports.tls : ports.tcp;

  /** A file of numbered lines for one sender alone, because senders remember by the file how far they have read. */
  function fileOf(way: string): string {
    const file = at(`${way}.txt`);
    writeFileSync(file, `${(way.endsWith('udp') ? udpLines : streamLines).join('\n')}\n`);
    return file;
  }

  interface Row {
    readonly message: string;
    readonly router: string;
    readonly format: string;
    readonly facility: number;
    readonly severity: number;
  }

  /** What is stored of a sender, in the order of the numbers. */
  async function untilStored(tag: string): Promise<Row[]> {
    const rows = await until(`all lines of ${tag} are stored`, async () => {
      const found = await askStore<Row>(
        urls.storeUrl,
        `SELECT message, router, format, facility, severity FROM syslog WHERE app_name = '${tag}' ORDER BY toUInt32OrZero(splitByChar(' ', message)[1])`,
      );
      return found.length >= LINES ? found : undefined;
    });
    return rows;
  }

  async function expectAll(
    tag: string,
    lines: readonly string[],
    format: string,
    router = '',
  ): Promise<void> {
    const rows = await untilStored(tag);
    expect(rows.map(({ message }) => message)).toEqual(lines);
    expect(new Set(rows.map((row) => `${row.format} ${row.router}`))).toEqual(
      new Set([`${format} ${router}`]),
    );
    expect(new Set(rows.map(({ facility, severity }) => `${facility}.${severity}`))).toEqual(
      new Set(['16.4']),
    );
  }

  it('of rsyslogd, over UDP, TCP with line ends and with octet counts, and TLS with a certificate', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    mkdirSync(at('rsyslog'));
    const ways = {
      'rsyslog-udp': 'protocol="udp" template="RSYSLOG_TraditionalForwardFormat"',
      'rsyslog-tcp': 'protocol="tcp" template="RSYSLOG_TraditionalForwardFormat"',
      'rsyslog-counted':
        'protocol="tcp" tcp_framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"',
      'rsyslog-tls': `protocol="tcp" tcp_framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format" StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="collector.example"`,
    };
    const routes = Object.entries(ways).map(
      ([way, how]) => `ruleset(name="${way}") {
  action(type="omfwd" target="127.0.0.1" port="${portOf(way)}" ${how})
}
input(type="imfile" file="${fileOf(way)}" tag="${way}:" facility="local0" severity="warning" ruleset="${way}" readTimeout="1" addMetadata="off")
`,
    );
    writeFileSync(
      at('rsyslog.conf'),
      `global(workDirectory="${at('rsyslog')}" maxMessageSize="64k" defaultNetstreamDriverCAFile="${at('ca.crt')}" defaultNetstreamDriverCertFile="${at('client.crt')}" defaultNetstreamDriverKeyFile="${at('client.key')}")
module(load="imfile" mode="polling" pollingInterval="1")
${routes.join('')}`,
    );
    start('rsyslogd', ['-n', '-f', at('rsyslog.conf'), '-i', at('rsyslog.pid')]);
    await expectAll('rsyslog-udp', udpLines, 'rfc3164');
    await expectAll('rsyslog-tcp', streamLines, 'rfc3164');
    await expectAll('rsyslog-counted', streamLines, 'rfc5424');
    await expectAll('rsyslog-tls', streamLines, 'rfc5424', 'gw2');
  });

  it('of syslog-ng, over UDP, TCP with line ends and with octet counts, and TLS', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const ways = {
      'ng-udp': `network("127.0.0.1" port(${ports.udp}) transport("udp"))`,
      'ng-tcp': `network("127.0.0.1" port(${ports.tcp}) transport("tcp"))`,
      'ng-counted': `syslog("127.0.0.1" port(${ports.tcp}) transport("tcp") persist-name("counted"))`,
      'ng-tls': `syslog("127.0.0.1" port(${ports.tls}) transport("tls") tls(ca-file("${at('ca.crt')}") peer-verify(required-trusted)))`,
    };
    const routes = Object.entries(ways).map(
      ([way, how]) => `log {
  source { file("${fileOf(way)}" flags(no-parse) program-override("${way}") default-facility(local0) default-priority(warning)); };
  destination { ${how}; };
};
`,
    );
    writeFileSync(
      at('syslog-ng.conf'),
      `@version: 3.38\noptions { log-msg-size(65536); };\n${routes.join('')}`,
    );
    start('syslog-ng', [
      ...['-F', '--no-caps', '-f', at('syslog-ng.conf'), '--persist-file', at('ng.persist')],
      ...['--pidfile', at('ng.pid'), '--control', at('ng.ctl')],
    ]);
    await expectAll('ng-udp', udpLines, 'rfc3164');
    await expectAll('ng-tcp', streamLines, 'rfc3164');
    await expectAll('ng-counted', streamLines, 'rfc5424');
    await expectAll('ng-tls', streamLines, 'rfc5424');
  });

  it('of logger, over UDP and TCP, in both formats and framings', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const log = (tag: string, ...how: string[]): Promise<unknown> =>
      run('logger', ['-n', '127.0.0.1', '-p', 'local0.warning', '-t', tag, '-S', '8k', ...how]);
    const udp = ['-d', '-P', String(ports.udp), '-f', fileOf('logger-udp')];
    const tcp = ['-T', '-P', String(ports.tcp), '-f', fileOf('logger-tcp')];
    await log('logger-udp', '--rfc3164', ...udp);
    await log('logger-udp-5424', '--rfc5424', ...udp);
    await log('logger-tcp', '--rfc3164', ...tcp);
    await log('logger-counted', '--rfc5424', '--octet-count', ...tcp);
    await expectAll('logger-udp', udpLines, 'rfc3164');
    await expectAll('logger-udp-5424', udpLines, 'rfc5424');
    await expectAll('logger-tcp', streamLines, 'rfc3164');
    await expectAll('logger-counted', streamLines, 'rfc5424');
  });

  it('of openssl s_client, as RouterOS sends them over TLS: without anything between them', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const stream = streamLines.map((line) => `<132>Oct  2 17:36:35 gw2 openssl: ${line}`).join('');
    const child = spawn('openssl', [
      's_client',
      ...['-connect', `127.0.0.1:${ports.tls}`, '-quiet', '-no_ign_eof', '-tls1_2'],
      ...['-CAfile', at('ca.crt'), '-verify_return_error', '-verify_hostname', 'collector.example'],
    ]);
    children.push(child);
    child.stdin.end(stream);
    await expectAll('openssl', streamLines, 'rfc3164');
  });

  it('and the books balance', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    const metrics = await readMetrics(urls.url);
    const sum = (name: string, unit: string): number =>
      [...metrics]
        .filter(([key]) => key.startsWith(`fairlead_${name}_total{service="syslog-collector",unit="${unit}"`))
        .reduce((total, [, value]) => total + value, 0);
    expect([sum('received', 'datagrams'), sum('stored', 'datagrams')]).toEqual([4 * LINES, 4 * LINES]);
    expect([sum('received', 'messages'), sum('stored', 'messages')]).toEqual([9 * LINES, 9 * LINES]);
    expect([sum('dropped', 'datagrams'), sum('dropped', 'messages')]).toEqual([0, 0]);
  });
});

/** A CA, a certificate for the collector and one for a sender. */
async function makeCertificates(folder: string): Promise<void> {
  const openssl = (...args: string[]): Promise<unknown> => run('openssl', args, { cwd: folder });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  await openssl('req', '-x509', ...key, '-subj', '/CN=test CA', '-keyout', 'ca.key', '-out', 'ca.crt');
  const parts = {
    server: ['collector.example', 'IP:127.0.0.1,DNS:collector.example'],
    client: ['gw2.example', 'DNS:gw2.example'],
  } as const;
  for (const [name, [subject, alternatives]] of Object.entries(parts)) {
    await openssl(
      ...['req', '-x509', ...key, '-subj', `/CN=${subject}`, '-addext', `subjectAltName=${alternatives}`],
      ...['-addext', 'basicConstraints=CA:FALSE', '-CA', 'ca.crt', '-CAkey', 'ca.key'],
      ...['-keyout', `${name}.key`, '-out', `${name}.crt`],
    );
  }
}
