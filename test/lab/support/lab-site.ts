import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { connectRouteros, type RouterosSession } from '@fairlead/routeros';
import { freeUdpPort, temporaryFolder } from '@fairlead/testkit';
import {
  type FairleadProcess,
  runFairlead,
  startFairlead,
  untilRunning,
} from '../../e2e/support/fairlead-process.ts';
import { LAN_INTERFACE, LAN_NETWORK, type LabNetwork, type LabWan, openLabNetwork } from './lab-network.ts';

/** A site of real packets: its router with a RouterOS API, Net-SNMP's agent and softflowd on it. */
export interface LabSite {
  readonly network: LabNetwork;
  /** Has `fairlead apply` make the router what a strategy of `setup` needs. */
  apply(strategy: string): Promise<void>;
  /** Starts Fairlead on this site; `steering` is that part of its router in fairlead.yaml. */
  startFairlead(steering: string): Promise<RunningFairlead>;
  /** A session of the router's API that may send these commands; it ends with the site. */
  connect(allow: readonly string[]): Promise<RouterosSession>;
  close(): Promise<void>;
}

export interface RunningFairlead extends FairleadProcess {
  readonly storeUrl: string;
}

const ROUTER = 'lab-gw';
const USER = { name: 'fairlead', password: 'lab' };
const COMMUNITY = 'lab';
const CHILD = resolve(import.meta.dirname, 'router.child.ts');

export interface LabRouter {
  /** RouterOS text in the place of the rules of the presentation; '' is a router with its addresses and nothing else. */
  readonly configuration?: string;
  /** Of RouterOS. */
  readonly version?: string;
}

export async function openLabSite(wans: readonly LabWan[], routerOptions: LabRouter = {}): Promise<LabSite> {
  const network = await openLabNetwork(wans);
  const folder = temporaryFolder('fairlead-lab-');
  const file = join(folder.path, 'fairlead.yaml');
  const data = join(folder.path, 'data');
  const [netflowPort, syslogPort] = [await freeUdpPort(), await freeUdpPort()];
  let fairlead: FairleadProcess | undefined;
  const sessions: RouterosSession[] = [];

  async function close(): Promise<void> {
    for (const session of sessions) await session.close();
    await fairlead?.stop();
    await network.close();
    folder.remove();
  }

  try {
    const router = await startRouter(network, wans, routerOptions);
    const agent = join(folder.path, 'snmpd.conf');
    writeFileSync(agent, `rocommunity ${COMMUNITY}\n`);
    const address = `udp:${network.management.router}:161`;
    network.router.start('snmpd', ['-f', '-C', '-c', agent, '-Lf', '/dev/null', address]);
    for (const wan of wans) {
      const ifIndex = await network.router.run('cat', `/sys/class/net/${wan.interface}/ifindex`);
      const control = join(folder.path, `softflowd-${wan.interface}`);
      const collector = `${network.management.host}:${netflowPort}`;
      const timeouts = ['-t', 'maxlife=5', '-t', 'expint=2'];
      const files = ['-p', `${control}.pid`, '-c', `${control}.ctl`];
      network.router.start('softflowd', [
        '-d',
        '-i',
        `${ifIndex.trim()}:${wan.interface}`,
        '-n',
        collector,
        '-v',
        '9',
        ...timeouts,
        ...files,
      ]);
    }
    const configure = (more: string): void =>
      writeFileSync(
        file,
        `dataDirectory: ${data}
http: { port: 0 }
store: { kind: embedded, http: { port: 0 } }
netflow: { host: ${network.management.host}, port: ${netflowPort} }
syslog: { port: ${syslogPort} }
routers:
  - name: ${ROUTER}
    site: lab
    address: ${network.management.router}
    mode: armed
    api:
      port: ${router.ports.apiTls}
      tls: { fingerprint: '${router.fingerprint}' }
      user: ${USER.name}
      password: ${USER.password}
      intervalMs: 1000
    snmp: { community: ${COMMUNITY}, intervalMs: 1000 }
    wans:
${wans
  .map(
    ({ name, interface: port, capacity: { rxBps, txBps }, routingMark, gateway, probeHosts, weight = 1 }) =>
      `      - { name: ${name}, interface: ${port}, capacity: { rx: ${rxBps}, tx: ${txBps} }, routingMark: ${routingMark}, gateway: ${gateway}, weight: ${weight}${
        probeHosts ? `, probeHosts: [${probeHosts.join(', ')}]` : ''
      } }`,
  )
  .join('\n')}
${more}`,
      );
    return {
      network,
      close,
      async connect(allow) {
        const session = await connectRouteros({
          ...{ host: network.management.router, port: router.ports.apiTls, tls: router, allow },
          ...{ user: USER.name, password: USER.password, timeoutMs: 20_000 },
        });
        sessions.push(session);
        return session;
      },
      async apply(strategy) {
        configure(setupOf(wans, strategy));
        const { exitCode, stderr } = await runFairlead(['apply', ROUTER, '--yes', '--config', file]);
        if (exitCode !== 0) throw new Error(`fairlead apply ended with ${exitCode}:\n${stderr}`);
      },
      async startFairlead(steering) {
        configure(`    steering: ${steering}\n`);
        fairlead = startFairlead(['run', '--config', file]);
        return { ...fairlead, ...(await untilRunning(data, fairlead)) };
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startRouter(
  network: LabNetwork,
  wans: readonly LabWan[],
  routerOptions: LabRouter,
): Promise<{ readonly ports: { readonly apiTls: number }; readonly fingerprint: string }> {
  const options = {
    identity: ROUTER,
    host: network.management.router,
    wans,
    lan: { interface: LAN_INTERFACE, network: LAN_NETWORK },
    users: [{ ...USER, policies: ['read', 'write', 'api', 'test', 'policy'] }],
    ...routerOptions,
  };
  const child = network.router.start(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), CHILD, JSON.stringify(options)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  if (!child.stdout) throw new Error('the router has no output');
  const lines = createInterface(child.stdout);
  const [line] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?];
  if (line === undefined) throw new Error('the router did not start');
  return JSON.parse(line) as Awaited<ReturnType<typeof startRouter>>;
}

/** The part of the configuration that says what `fairlead apply` makes of the router. */
function setupOf(wans: readonly LabWan[], strategy: string): string {
  const networks = wans.map(({ gateway }) => gateway.replace(/\.\d+$/, '.0/24'));
  const between = `lanNetworks: [${LAN_NETWORK}], connectedNetworks: [${networks.join(', ')}]`;
  return `    setup: { strategy: ${strategy}, ${between} }\n`;
}
