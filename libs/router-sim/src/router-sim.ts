import { systemClock } from '@fairlead/model';
import { type ApiServer, openApiServer } from './api/api-server.ts';
import { createGeneralMenus } from './api/general-menus.ts';
import { createMenus } from './api/menus.ts';
import { isServiceOpen } from './api/open-services.ts';
import { type Certificate, createCertificate } from './certificate.ts';
import { exportText } from './config/export-text.ts';
import { exportedTables } from './config/exported-tables.ts';
import { createRouterConfig, type RouterConfig } from './config/router-config.ts';
import { createFaults, type Faults } from './faults.ts';
import type { Kernel } from './kernel/kernel.ts';
import { createModelKernel } from './kernel/model-kernel.ts';
import { createRandom } from './kernel/random.ts';
import { createLinuxKernel } from './linux/linux-kernel.ts';
import type { LoadScenario } from './load.ts';
import { createFlowExporter, type FlowExporter } from './netflow/exporter.ts';
import type { RouterSimOptions } from './options.ts';
import { openSnmpAgent, type SnmpAgent } from './snmp/agent.ts';
import { createMib } from './snmp/mib.ts';
import { createInternetNoise } from './syslog/internet-noise.ts';
import { createSchedulerRunner } from './scripting/scheduler.ts';
import { runScript } from './scripting/run-script.ts';
import { bsdLine, defaultLine } from './syslog/line.ts';
import { openUdpSender, type UdpSender } from './udp-sender.ts';

/** A sentence that the API received. Passwords are replaced by `[secret]`. */
export interface ReceivedSentence {
  /** Number of the connection, from 1. */
  readonly session: number;
  readonly user: string | undefined;
  readonly words: readonly string[];
}

export interface RouterSim {
  readonly name: string;
  /** Opens the sockets; with `time: 'real'` traffic begins. Rejects when a port is taken. */
  start(): Promise<void>;
  /** Closes everything. Safe twice and before start(). */
  stop(): Promise<void>;
  /** Ports that it listens on, after start(); 0 before. */
  readonly ports: { readonly api: number; readonly apiTls: number; readonly snmp: number };
  /** The self-signed certificate of the TLS port, after start(). */
  readonly certificatePem: string;
  /** Its SHA-256, `AB:CD:…`, after start(). */
  readonly fingerprint256: string;
  readonly kernel: Kernel;
  readonly config: RouterConfig;
  readonly faults: Faults;
  /** The last thousand sentences, oldest first. */
  readonly received: readonly ReceivedSentence[];
  /** Lets time pass, and what must be reported by then be reported. The only way of time with `time: 'virtual'`. */
  advance(elapsedMs: number): void;
  setLoad(load: LoadScenario): void;
  /**
   * @param wan name of the WAN
   * @throws RangeError on an unknown WAN
   */
  setLink(wan: string, up: boolean): void;
  /**
   * The network behind the gateway of a WAN goes away or comes back; its link and its gateway stay up.
   * @throws RangeError on an unknown WAN
   */
  setUpstream(wan: string, up: boolean): void;
  /** The configuration as `/export` writes it. What lives in memory only is not in it. */
  exportText(): string;
  /**
   * Runs RouterOS text, as somebody at the console does.
   * @throws Error on what the router would not run
   */
  runScript(source: string): void;
  /** API sessions close; counters, uptime, connections and flow caches begin again. The configuration stays. */
  reboot(): void;
}

const MAX_RECEIVED = 1_000;
/** After a longer pause of the process the time in between is left out; nobody wants to wait for it to be computed. */
const MAX_CATCH_UP_MS = 10_000;
/** The first version that says `!empty`. */
const SAYS_EMPTY = [7, 18] as const;
/** The first version that takes the password itself; earlier ones give a challenge. */
const LOGS_IN_PLAIN = [6, 43] as const;

/** A RouterOS router with its model kernel: API, SNMP agent, NetFlow exporter and syslog sender. */
export function createRouterSim(options: RouterSimOptions): RouterSim {
  if (options.wans.length < 2 || options.wans.length > 8)
    throw new RangeError('a router has two to eight WANs');
  const identity = options.identity ?? 'MikroTik';
  const version = options.version ?? '7.20.1';
  const boardName = options.boardName ?? 'RB5009UG+S+';
  const host = options.host ?? '127.0.0.1';
  const clock = options.clock ?? systemClock;
  const lan = options.lan ?? { interface: 'bridge-lan', network: '192.168.88.0/24' };
  const seed = options.seed ?? 1;
  const steeringRule = options.steeringRule ?? 'Load-Balancing here';
  const lanPrefix = lan.network.split('.').slice(0, 3).join('.');
  const wanAddresses = options.wans.map(({ gateway }) => addressAfter(gateway));
  const interfaceComments: Record<string, string> = { [lan.interface]: 'LAN' };
  for (const wan of options.wans) interfaceComments[wan.interface] = wan.name;

  const config = createRouterConfig(
    options.wans,
    { lanInterface: lan.interface, lanPrefix, wanAddresses },
    steeringRule,
    options.configuration !== undefined,
  );
  const forwarding = { wans: options.wans, lanInterface: lan.interface, lanPrefix, config };
  const kernel =
    options.backend === 'linux'
      ? createLinuxKernel({ ...forwarding, nowMs: () => clock.monotonicMs() })
      : createModelKernel({
          ...forwarding,
          wanAddresses,
          load: options.load,
          seed,
          tickMs: options.tickMs ?? 100,
          firstCounterValue: options.firstCounterValue ?? 0n,
        });
  const faults = createFaults(config.mangle, steeringRule);
  const noise = createInternetNoise(
    options.wans.map((wan, index) => ({ interface: wan.interface, address: wanAddresses[index] ?? '' })),
    createRandom(seed + 1),
  );
  const received: ReceivedSentence[] = [];
  let bootedAtMs = clock.nowMs();
  let advancedAtMs = clock.monotonicMs();
  let certificate: Certificate | undefined;
  let api: ApiServer | undefined;
  let snmp: SnmpAgent | undefined;
  let netflowSender: UdpSender | undefined;
  let syslogSender: UdpSender | undefined;
  let timer: NodeJS.Timeout | undefined;

  const log = (topics: string, message: string): void => {
    if (!options.syslog || !syslogSender) return;
    const line =
      options.syslog.format === 'bsd'
        ? bsdLine(topics, message, identity, bootedAtMs + kernel.uptimeMs())
        : defaultLine(topics, message);
    syslogSender.send(Buffer.from(line, 'utf8'));
  };

  const exporter: FlowExporter | undefined =
    options.netflow &&
    createFlowExporter(options.netflow, {
      send: (datagram) => netflowSender?.send(datagram),
      unixMs: (uptimeMs) => bootedAtMs + uptimeMs,
    });

  kernel.observe({
    opened: (connection) => exporter?.observer.opened(connection),
    linkChanged: ({ name, running }) =>
      log('interface,info', `${name} ${running ? 'link up (speed 1G, full duplex)' : 'link down'}`),
  });

  const versionParts = { major: majorOf(version), minor: Number(version.split('.')[1] ?? 0) };
  const general = createGeneralMenus(versionParts);
  const menus = createMenus({
    kernel,
    config,
    identity,
    version,
    boardName,
    interfaceComments,
    bootedAtMs: () => bootedAtMs,
    runCount: (id) => scheduler.runCount(id),
    general,
  });
  const scriptHost = { menus, log };
  const scheduler = createSchedulerRunner(config.scheduler, scriptHost, () => kernel.uptimeMs());
  if (options.configuration !== undefined) runScript(options.configuration, scriptHost);

  function advance(elapsedMs: number): void {
    kernel.advance(elapsedMs);
    scheduler.advanced();
    exporter?.run(kernel.uptimeMs());
    for (const line of noise.lines(kernel.uptimeMs())) log('firewall,info', line);
    api?.advanced();
  }

  function interfaceOf(name: string): string {
    const wan = options.wans.find((candidate) => candidate.name === name);
    if (!wan) throw new RangeError(`no WAN ${name}`);
    return wan.interface;
  }

  function catchUp(): void {
    if (timer === undefined) return;
    const nowMs = clock.monotonicMs();
    const elapsedMs = Math.min(nowMs - advancedAtMs, MAX_CATCH_UP_MS);
    // Steps below a millisecond move no byte and would be as costly as a whole one.
    if (elapsedMs < 1) return;
    advancedAtMs = nowMs;
    advance(elapsedMs);
  }

  async function open(): Promise<void> {
    certificate = await createCertificate(identity, host);
    if (options.netflow) netflowSender = await openUdpSender(host, options.netflow);
    if (options.syslog) syslogSender = await openUdpSender(host, options.syslog);
    snmp = await openSnmpAgent(
      { host, port: options.ports?.snmp ?? 0, community: options.snmpCommunity ?? 'public' },
      { mib: createMib({ kernel, identity, boardName, interfaceComments }), catchUp },
    );
    api = await openApiServer(
      { host, port: options.ports?.api ?? 0, portTls: options.ports?.apiTls ?? 0 },
      {
        certificate,
        faults,
        users: options.users,
        menus,
        pings: kernel.pings,
        runScript: (source) => runScript(source, scriptHost),
        admits: (service, remoteAddress) =>
          isServiceOpen(
            menus.find(({ path }) => path === '/ip/service'),
            service,
            remoteAddress,
          ),
        majorVersion: versionParts.major,
        saysEmpty: isAtLeast(version, SAYS_EMPTY),
        loginForm: isAtLeast(version, LOGS_IN_PLAIN) ? 'plain' : 'challenge',
        log,
        catchUp,
        uptimeMs: () => kernel.uptimeMs(),
        received(session, user, words) {
          received.push({ session, user, words });
          if (received.length > MAX_RECEIVED) received.shift();
        },
      },
    );
  }

  async function stop(): Promise<void> {
    clearInterval(timer);
    timer = undefined;
    const opened = [api, snmp, netflowSender, syslogSender];
    api = snmp = netflowSender = syslogSender = undefined;
    for (const part of opened) await part?.close();
  }

  return {
    name: 'router-sim',
    async start() {
      try {
        await open();
      } catch (error) {
        await stop();
        throw error;
      }
      bootedAtMs = clock.nowMs() - kernel.uptimeMs();
      advancedAtMs = clock.monotonicMs();
      if (options.time !== 'virtual') timer = setInterval(catchUp, options.tickMs ?? 100);
      log('system,info', 'router rebooted');
    },
    stop,
    get ports() {
      return { api: api?.port ?? 0, apiTls: api?.portTls ?? 0, snmp: snmp?.port ?? 0 };
    },
    get certificatePem() {
      return certificate?.pem ?? '';
    },
    get fingerprint256() {
      return certificate?.fingerprint256 ?? '';
    },
    kernel,
    config,
    faults,
    received,
    advance,
    setLoad: (load) => kernel.setLoad(load),
    setLink(name, up) {
      catchUp();
      kernel.setLink(interfaceOf(name), up);
    },
    setUpstream(name, up) {
      catchUp();
      kernel.setUpstream(interfaceOf(name), up);
    },
    exportText: () =>
      exportText({
        version,
        tables: [...exportedTables(config, versionParts.major), ...general.tables],
        settings: general.settings,
      }),
    runScript: (source) => runScript(source, scriptHost),
    reboot() {
      api?.disconnectAll();
      bootedAtMs += kernel.uptimeMs();
      kernel.reboot();
      scheduler.rebooted();
      exporter?.reboot();
      noise.reboot();
      log('system,info', 'router rebooted');
    },
  };
}

const majorOf = (version: string): number => Number.parseInt(version, 10);

function addressAfter(gateway: string): string {
  const [a = '', b = '', c = '', d = '0'] = gateway.split('.');
  return `${a}.${b}.${c}.${Number(d) + 1}`;
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
