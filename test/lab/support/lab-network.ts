import { type ChildProcess, execFile, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

export interface LabWan {
  readonly name: string;
  readonly interface: string;
  readonly capacity: { readonly rxBps: number; readonly txBps: number };
  readonly routingMark: string;
  /** Address of the provider's router, `10.x.0.1`; the router has the next one. */
  readonly gateway: string;
  /** Hosts of the internet that answer pings, and that the router reaches through this WAN only. */
  readonly probeHosts?: readonly [string, string];
  /** Share of new connections where a strategy goes by it; 1 unless given. */
  readonly weight?: number;
}

/** A network namespace. */
export interface Place {
  /** Runs a program to its end. @throws Error with what it wrote to stderr */
  run(program: string, ...args: readonly string[]): Promise<string>;
  /** Starts a program that ends with the lab at the latest. */
  start(program: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
}

/** Real networks: a LAN, a router with its WANs, a provider behind each, and an internet behind all of them. */
export interface LabNetwork {
  readonly lan: Place;
  readonly router: Place;
  readonly internet: Place;
  /** Address of the router on the link to this machine, and this machine's on it. */
  readonly management: { readonly router: string; readonly host: string };
  /** Drops what a provider forwards, both ways; its own address still answers. */
  setBlackHole(wan: string, isHole: boolean): Promise<void>;
  /** Loses a share of the packets that a provider forwards, in each direction, and ends a black hole. */
  setLoss(wan: string, share: number): Promise<void>;
  /** Packets that were lost by `setLoss`, or in the black hole, since it was set. */
  lostPackets(wan: string): Promise<number>;
  close(): Promise<void>;
}

/** Servers of the internet have this address, and those that are on all addresses the other ones of its /24 too. */
export const SERVER = '198.51.100.1';
export const LAN_INTERFACE = 'ether-lan';
export const LAN_NETWORK = '192.168.88.0/24';
const LAN_CLIENT = '192.168.88.10';
const ENVIRONMENT = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
const PREFIX = 'fairlead-lab-';
/** A queue of this length, in milliseconds, is what a cheap modem has. */
const QUEUE_MS = 50;

const execute = promisify(execFile);
const runHere = async (program: string, ...args: readonly string[]): Promise<string> =>
  (await execute(program, args, { env: ENVIRONMENT, maxBuffer: 2 ** 26 })).stdout;

/** Why a lab cannot be had here; undefined when it can. */
export async function labObstacle(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const name = `${PREFIX}${process.pid}-probe`;
  try {
    await runHere('ip', 'netns', 'add', name);
    await runHere('ip', 'netns', 'exec', name, 'nft', 'add', 'table', 'inet', 'probe');
    return undefined;
  } catch (error) {
    return `no network namespaces with nftables here: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    await runHere('ip', 'netns', 'del', name).catch(() => undefined);
  }
}

/** Builds the network; what an earlier process left behind is taken away first. Needs root. */
export async function openLabNetwork(wans: readonly LabWan[]): Promise<LabNetwork> {
  await removeAbandoned();
  const children = new Set<ChildProcess>();
  const nameOf = (place: string): string => `${PREFIX}${process.pid}-${place}`;
  const placeOf = (place: string): Place => ({
    run: (program, ...args) => runHere('ip', 'netns', 'exec', nameOf(place), program, ...args),
    start(program, args, options = {}) {
      const child = spawn('ip', ['netns', 'exec', nameOf(place), program, ...args], {
        stdio: 'ignore',
        ...options,
        env: { ...ENVIRONMENT, ...options.env },
      });
      children.add(child);
      child.once('exit', () => children.delete(child));
      return child;
    },
  });
  const providers = wans.map((wan, index) => ({ wan, index, place: `isp${index + 1}` }));
  const places = ['lan', 'router', 'internet', ...providers.map(({ place }) => place)];
  const hostLink = `flab${process.pid}`;
  const block = process.pid % 16_000;
  const inBlock = (host: number): string => `169.254.${1 + (block >> 6)}.${4 * (block & 63) + host}`;
  const management = { host: inBlock(1), router: inBlock(2) };

  async function close(): Promise<void> {
    for (const child of [...children]) {
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 3_000);
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      clearTimeout(killer);
    }
    await runHere('ip', 'link', 'del', hostLink).catch(() => undefined);
    for (const place of places) await runHere('ip', 'netns', 'del', nameOf(place)).catch(() => undefined);
  }

  /** A cable between two places, with an address at each end. */
  async function connect(
    [place, device, address]: readonly [string, string, string],
    [otherPlace, otherDevice, otherAddress]: readonly [string, string, string],
  ): Promise<void> {
    const other = ['peer', 'name', otherDevice, 'netns', nameOf(otherPlace)];
    await runHere('ip', 'link', 'add', device, 'netns', nameOf(place), 'type', 'veth', ...other);
    await ip(place, 'addr', 'add', address, 'dev', device);
    await ip(otherPlace, 'addr', 'add', otherAddress, 'dev', otherDevice);
    await ip(place, 'link', 'set', device, 'up');
    await ip(otherPlace, 'link', 'set', otherDevice, 'up');
  }
  const ip = (place: string, ...args: readonly string[]): Promise<string> =>
    runHere('ip', '-n', nameOf(place), ...args);
  const shape = async (place: string, device: string, bps: number): Promise<void> => {
    const tbf = ['tbf', 'rate', `${bps}bit`, 'burst', '64k', 'latency', `${QUEUE_MS}ms`];
    await placeOf(place).run('tc', 'qdisc', 'replace', 'dev', device, 'root', ...tbf);
  };
  const providerOf = (wan: string): Place => {
    const provider = providers.find((candidate) => candidate.wan.name === wan);
    if (!provider) throw new RangeError(`no WAN ${wan}`);
    return placeOf(provider.place);
  };
  /** Which of the packets that it forwards a provider drops, in nftables; undefined drops none. In one step. */
  const drop = async (wan: string, match: string | undefined): Promise<void> => {
    const chain = 'inet provider forward';
    const rule = match === undefined ? '' : `; add rule ${chain} ${match} counter drop`;
    await providerOf(wan).run('nft', `flush chain ${chain}${rule}`);
  };

  try {
    for (const place of places) {
      await runHere('ip', 'netns', 'add', nameOf(place));
      await ip(place, 'link', 'set', 'lo', 'up');
      // Interfaces that come later take their settings from these.
      const settings = [
        'net.ipv4.ip_forward=1',
        'net.ipv4.conf.all.rp_filter=0',
        'net.ipv4.conf.default.rp_filter=0',
      ];
      await placeOf(place).run('sysctl', '-qw', ...settings);
    }
    await placeOf('router').run('sysctl', '-qw', 'net.netfilter.nf_conntrack_acct=1');
    await connect(['lan', 'eth0', `${LAN_CLIENT}/24`], ['router', LAN_INTERFACE, '192.168.88.1/24']);
    await ip('lan', 'route', 'add', 'default', 'via', '192.168.88.1');
    await ip('internet', 'addr', 'add', `${SERVER}/24`, 'dev', 'lo');
    for (const host of wans.flatMap(({ probeHosts = [] }) => probeHosts)) {
      await ip('internet', 'addr', 'add', `${host}/32`, 'dev', 'lo');
    }
    for (const { wan, index, place } of providers) {
      const network = wan.gateway.replace(/\.\d+$/, '');
      const core = `203.0.113.${4 * index + 1}`;
      const far = `203.0.113.${4 * index + 2}`;
      await connect(['router', wan.interface, `${network}.2/24`], [place, 'customer', `${wan.gateway}/24`]);
      await connect([place, 'core', `${core}/30`], ['internet', place, `${far}/30`]);
      await ip(place, 'route', 'add', 'default', 'via', far);
      await ip('internet', 'route', 'add', `${network}.0/24`, 'via', core);
      await shape('router', wan.interface, wan.capacity.txBps);
      await shape(place, 'customer', wan.capacity.rxBps);
      const { run } = placeOf(place);
      await run('nft', 'add', 'table', 'inet', 'provider');
      await run(
        'nft',
        'add',
        'chain',
        'inet',
        'provider',
        'forward',
        '{ type filter hook forward priority 0; }',
      );
    }
    await runHere(
      'ip',
      'link',
      'add',
      hostLink,
      'type',
      'veth',
      'peer',
      'name',
      'management',
      'netns',
      nameOf('router'),
    );
    await runHere('ip', 'addr', 'add', `${management.host}/30`, 'dev', hostLink);
    await runHere('ip', 'link', 'set', hostLink, 'up');
    await ip('router', 'addr', 'add', `${management.router}/30`, 'dev', 'management');
    await ip('router', 'link', 'set', 'management', 'up');
  } catch (error) {
    await close();
    throw error;
  }
  return {
    lan: placeOf('lan'),
    router: placeOf('router'),
    internet: placeOf('internet'),
    management,
    setBlackHole: (wan, isHole) => drop(wan, isHole ? '' : undefined),
    setLoss: (wan, share) =>
      drop(wan, share > 0 ? `numgen random mod 1000 < ${Math.round(share * 1_000)}` : undefined),
    async lostPackets(wan) {
      const listed = await providerOf(wan).run('nft', 'list', 'chain', 'inet', 'provider', 'forward');
      return Number(/counter packets (\d+)/.exec(listed)?.[1] ?? 0);
    },
    close,
  };
}

/** Namespaces of processes that are gone. */
async function removeAbandoned(): Promise<void> {
  const listed = JSON.parse((await runHere('ip', '-json', 'netns')) || '[]') as { readonly name: string }[];
  for (const { name } of listed) {
    const [, pid] = new RegExp(`^${PREFIX}(\\d+)-`).exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) await runHere('ip', 'netns', 'del', name);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
