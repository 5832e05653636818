import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@fairlead/model';
import { capturesFolder, requirement, until } from '@fairlead/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createInterfacePoller, type InterfacePoll } from './interface-poller.ts';
import type { InterfaceReading } from './interface-reading.ts';
import type { SnmpSession } from './session.ts';
import { createSnmpTransport } from './transport.ts';
import { openTableAgent, readSnmprec, startSnmpd, type TableAgent, type TableRow } from './testing/index.ts';

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const clock: Clock & { ms: number } = {
  ms: 1_763_600_000_000,
  nowMs: () => clock.ms,
  monotonicMs: () => clock.ms,
};

async function agent(rows: readonly TableRow[], options = {}): Promise<TableAgent> {
  const made = await openTableAgent(rows, options);
  opened.push(made.close);
  return made;
}

function session(port: number): SnmpSession {
  const transport = createSnmpTransport();
  opened.push(transport.close);
  return transport.openSession({
    host: '127.0.0.1',
    port,
    access: { community: 'public' },
    timeoutMs: 2_000,
    retries: 1,
  });
}

const interfaces = (polls: readonly InterfacePoll[]): InterfaceReading[] =>
  polls.flatMap((poll) => [...poll.interfaces]);

/** ifName, ifHCInOctets and ifHCOutOctets of interfaces by index, and sysUpTime. */
function mib(names: Readonly<Record<number, string>>, bytes = 1n): TableRow[] {
  const rows = Object.entries(names).flatMap(([index, name]): TableRow[] => [
    { oid: `1.3.6.1.2.1.31.1.1.1.1.${index}`, tag: 4, value: Buffer.from(name) },
    { oid: `1.3.6.1.2.1.31.1.1.1.6.${index}`, tag: 70, value: bytes },
    { oid: `1.3.6.1.2.1.31.1.1.1.10.${index}`, tag: 70, value: bytes * 2n },
  ]);
  return [{ oid: '1.3.6.1.2.1.1.3.0', tag: 67, value: 4_242n }, ...rows];
}

describe('poll', () => {
  it('finds the indexes once, then needs one packet for the WANs and their clock', async () => {
    const { port, requests } = await agent(mib({ 1: 'ether1', 2: 'ether2', 3: 'bridge' }));
    const poller = createInterfacePoller(session(port), { clock, wanted: ['ether1', 'ether2'] });
    await poller.poll();
    const before = requests.length;
    expect(await poller.poll()).toMatchObject([
      {
        timeMs: clock.ms,
        sysUpTimeMs: 42_420,
        interfaces: [
          { ifIndex: 1, name: 'ether1', rxBytes: 1n, txBytes: 2n },
          { ifIndex: 2, name: 'ether2' },
        ],
      },
    ]);
    expect(requests.slice(before).map(({ kind }) => kind)).toEqual(['get']);
  });

  it('reads the counters of 32 bits where those of 64 stand at 0 beside them, then and later', async () => {
    const { port, table } = await agent(mib({ 1: 'ether1', 2: 'idle' }, 0n));
    const set = (oid: string, tag: number, value: bigint | Uint8Array): void => {
      table.set(oid, { oid, tag, value });
    };
    set('1.3.6.1.2.1.2.2.1.10.1', 65, 500n);
    set('1.3.6.1.2.1.2.2.1.16.1', 65, 900n);
    set('1.3.6.1.2.1.2.2.1.10.2', 65, 0n);
    set('1.3.6.1.2.1.31.1.1.1.11.1', 70, 0n);
    set('1.3.6.1.2.1.2.2.1.17.1', 65, 7n);
    const poller = createInterfacePoller(session(port), { clock });
    const idle = { name: 'idle', rxBytes: 0n, txBytes: 0n, counterBits: undefined };
    expect(interfaces(await poller.poll())).toMatchObject([
      { name: 'ether1', rxBytes: 500n, txBytes: 900n, counterBits: 32, txPackets: 7n },
      idle,
    ]);
    set('1.3.6.1.2.1.2.2.1.10.1', 65, 600n);
    expect(interfaces(await poller.poll())).toMatchObject([
      { name: 'ether1', rxBytes: 600n, txBytes: 900n, counterBits: 32, txPackets: 7n },
      idle,
    ]);
  });

  it('takes no negative speed for one, and an alias without the blanks around it', async () => {
    const { port, table } = await agent(mib({ 1: 'ether1' }));
    for (const row of [
      { oid: '1.3.6.1.2.1.31.1.1.1.15.1', tag: 66, value: 2n ** 32n - 1n },
      { oid: '1.3.6.1.2.1.31.1.1.1.18.1', tag: 4, value: Buffer.from(' uplink   ') },
    ]) {
      table.set(row.oid, row);
    }
    const [reading] = interfaces(await createInterfacePoller(session(port), { clock }).poll());
    expect(reading).toMatchObject({ speedBps: undefined, alias: 'uplink' });
  });

  it('leaves out what the agent has not, and never makes it zero', async () => {
    const { port, table } = await agent(mib({ 1: 'ether1' }));
    table.delete('1.3.6.1.2.1.31.1.1.1.10.1');
    table.set('1.3.6.1.2.1.31.1.1.1.15.1', { oid: '1.3.6.1.2.1.31.1.1.1.15.1', tag: 66, value: 0n });
    const [reading] = interfaces(await createInterfacePoller(session(port), { clock }).poll());
    expect(reading).toEqual({
      ifIndex: 1,
      name: 'ether1',
      rxBytes: 1n,
      txBytes: undefined,
      rxPackets: undefined,
      txPackets: undefined,
      rxErrors: undefined,
      txErrors: undefined,
      rxDrops: undefined,
      txDrops: undefined,
      running: undefined,
      speedBps: undefined,
      alias: undefined,
      counterBits: undefined,
      enabled: undefined,
      lastChangeUptimeMs: undefined,
    });
  });

  it('asks for an index beyond 2^31, as PPPoE interfaces have it', async () => {
    const { port } = await agent(mib({ 4026531841: 'pppoe-out1' }));
    const readings = interfaces(await createInterfacePoller(session(port), { clock }).poll());
    expect(readings).toMatchObject([{ ifIndex: 4_026_531_841, name: 'pppoe-out1', rxBytes: 1n }]);
  });

  it('follows an interface to its new index, and believes no counter of the old one', async () => {
    const { port, table } = await agent(mib({ 1: 'ether1', 2: 'ether2' }));
    const poller = createInterfacePoller(session(port), { clock, wanted: ['ether1'] });
    await poller.poll();
    for (const row of mib({ 1: 'lo', 7: 'ether1' }, 9n)) table.set(row.oid, row);
    expect(interfaces(await poller.poll())).toMatchObject([{ ifIndex: 7, name: 'ether1', rxBytes: 9n }]);
  });

  it('looks for a missing interface again, but not at every poll', async () => {
    const { port, table, requests } = await agent(mib({ 1: 'ether1' }));
    const poller = createInterfacePoller(session(port), { clock, wanted: ['ether1', 'lte1'] });
    const walks = (): number => requests.filter(({ kind }) => kind === 'bulk').length;
    await poller.poll();
    for (const row of mib({ 2: 'lte1' })) table.set(row.oid, row);
    const before = walks();
    expect(interfaces(await poller.poll())).toHaveLength(1);
    expect(walks()).toBe(before);
    clock.ms += 30_000;
    expect(interfaces(await poller.poll())).toHaveLength(2);
  });

  it('asks for less when an answer does not fit', async () => {
    const names = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [i + 1, `ether${i + 1}`]));
    const { port } = await agent(mib(names), { maxMessageBytes: 700 });
    expect(interfaces(await createInterfacePoller(session(port), { clock }).poll())).toHaveLength(8);
  });

  it('reads a name that is not UTF-8', async () => {
    const { port, table } = await agent(mib({ 1: 'x' }));
    const oid = '1.3.6.1.2.1.31.1.1.1.1.1';
    table.set(oid, { oid, tag: 4, value: Buffer.from('Gäste', 'latin1') });
    expect(interfaces(await createInterfacePoller(session(port), { clock }).poll())[0]?.name).toBe('Gäste');
  });

  it('fails as a whole when the agent does not answer', async () => {
    const silent = await agent(mib({ 1: 'ether1' }));
    const client = session(silent.port);
    const poller = createInterfacePoller(client, { clock });
    await poller.poll();
    client.close();
    await expect(poller.poll()).rejects.toMatchObject({ kind: 'closed' });
  });
});

const T = '1.3.6.1.2.1.2.2.1';
const X = '1.3.6.1.2.1.31.1.1.1';
const cell = (oid: string, tag: number, value: bigint | string): TableRow => ({
  oid,
  tag,
  value: typeof value === 'string' ? Buffer.from(value, 'latin1') : value,
});

describe('agents of other vendors', () => {
  it('without ifXTable: names of ifDescr, counters of 32 bits, and no question for what is not there', async () => {
    const { port, requests } = await agent([
      cell('1.3.6.1.2.1.1.3.0', 67, 1n),
      cell(`${T}.2.3`, 4, 'Ethernet 0/3\0'),
      cell(`${T}.5.3`, 66, 100_000_000n),
      cell(`${T}.7.3`, 2, 2n),
      cell(`${T}.10.3`, 65, 5n),
      cell(`${T}.11.3`, 65, 3n),
      cell(`${T}.12.3`, 65, 4n),
      cell(`${T}.16.3`, 65, 6n),
    ]);
    const poller = createInterfacePoller(session(port), { clock, wanted: ['Ethernet 0/3'] });
    await poller.poll();
    expect(interfaces(await poller.poll())).toMatchObject([
      {
        ifIndex: 3,
        name: 'Ethernet 0/3',
        rxBytes: 5n,
        txBytes: 6n,
        counterBits: 32,
        rxPackets: 7n,
        txPackets: undefined,
        speedBps: 100_000_000n,
        enabled: false,
        running: undefined,
      },
    ]);
    expect(requests.at(-1)?.oids).toHaveLength(8);
  });

  it('with 64 bits for some interfaces only, indexes with holes, and a name missing', async () => {
    const { port } = await agent([
      cell(`${X}.1.5`, 4, 'wan'),
      cell(`${X}.6.5`, 70, 2n ** 40n),
      cell(`${X}.10.5`, 70, 1n),
      cell(`${X}.1.900`, 4, ''),
      cell(`${T}.2.900`, 4, 'slow'),
      cell(`${T}.10.900`, 65, 8n),
      cell(`${T}.16.900`, 65, 9n),
    ]);
    expect(interfaces(await createInterfacePoller(session(port), { clock }).poll())).toMatchObject([
      { ifIndex: 5, name: 'wan', rxBytes: 2n ** 40n, counterBits: undefined },
      { ifIndex: 900, name: 'slow', rxBytes: 8n, txBytes: 9n, counterBits: 32 },
    ]);
  });

  it('with values of wrong types: absent, and reported', async () => {
    const faults: string[] = [];
    const { port } = await agent([
      cell('1.3.6.1.2.1.1.3.0', 4, 'a while'),
      cell(`${X}.1.1`, 4, 'wan'),
      cell(`${X}.6.1`, 4, 'many'),
      cell(`${X}.10.1`, 2, -1n),
      cell(`${T}.14.1`, 65, 2n ** 40n),
    ]);
    const poller = createInterfacePoller(session(port), { clock, onFault: (fault) => faults.push(fault) });
    const [poll] = await poller.poll();
    expect(poll).toMatchObject({
      sysUpTimeMs: undefined,
      interfaces: [{ name: 'wan', rxBytes: undefined, txBytes: undefined, rxErrors: 2n ** 40n }],
    });
    expect(faults).toContain('wrong-type');
  });
});

/** What LibreNMS made of the same recording. */
interface ExpectedPort {
  readonly ifIndex: number;
  readonly ifName: string;
  readonly ifAlias: string;
  readonly ifOperStatus: string;
  readonly ifAdminStatus: string;
  readonly ifLastChange: number;
  readonly ifSpeed: number | null;
  readonly ifInOctets: number;
  readonly ifOutOctets: number;
  readonly ifInUcastPkts: number;
  readonly ifInMulticastPkts: number;
  readonly ifInBroadcastPkts: number;
  readonly ifOutUcastPkts: number;
  readonly ifOutMulticastPkts: number;
  readonly ifOutBroadcastPkts: number;
  readonly ifInErrors: number;
  readonly ifOutErrors: number;
  readonly ifInDiscards: number;
  readonly ifOutDiscards: number;
}

describe('a recorded MikroTik router', () => {
  const captures = capturesFolder();

  it.for([
    ['routeros', 11],
    ['routeros_crs317', 20],
    ['routeros_rb750gr3', 14],
    ['routeros_wifi', 4],
  ] as const)('%s reads as LibreNMS reads it', async ([name, ports], ctx) => {
    if (!captures.met) return ctx.skip(captures.reason);
    const folder = join(captures.path, 'snmp');
    const { port } = await agent(readSnmprec(readFileSync(join(folder, `${name}.snmprec`), 'utf8')));
    const readings = interfaces(await createInterfacePoller(session(port), { clock }).poll());
    const expected = JSON.parse(readFileSync(join(folder, 'expected', `${name}.json`), 'utf8')) as {
      ports: { poller: { ports: ExpectedPort[] } };
    };
    expect(expected.ports.poller.ports).toHaveLength(ports);
    for (const entry of expected.ports.poller.ports) {
      const reading = readings.find(({ ifIndex }) => ifIndex === entry.ifIndex);
      expect(reading).toEqual({
        ifIndex: entry.ifIndex,
        name: entry.ifName,
        // LibreNMS shows the name where there is no alias, and the alias where there is no name of its own.
        alias: entry.ifAlias === entry.ifName && !reading?.alias ? undefined : entry.ifAlias,
        running: entry.ifOperStatus === 'up',
        enabled: entry.ifAdminStatus === 'up',
        counterBits: undefined,
        lastChangeUptimeMs: entry.ifLastChange * 10,
        speedBps: entry.ifSpeed === null ? undefined : BigInt(entry.ifSpeed),
        rxBytes: BigInt(entry.ifInOctets),
        txBytes: BigInt(entry.ifOutOctets),
        rxPackets: BigInt(entry.ifInUcastPkts + entry.ifInMulticastPkts + entry.ifInBroadcastPkts),
        txPackets: BigInt(entry.ifOutUcastPkts + entry.ifOutMulticastPkts + entry.ifOutBroadcastPkts),
        rxErrors: BigInt(entry.ifInErrors),
        txErrors: BigInt(entry.ifOutErrors),
        rxDrops: BigInt(entry.ifInDiscards),
        txDrops: BigInt(entry.ifOutDiscards),
      });
    }
  });
});

describe("Debian's snmpd", () => {
  const need = requirement('snmpd');

  /** rx and tx bytes and packets of the loopback interface, by the kernel. */
  function kernelCounters(): bigint[] {
    const line = readFileSync('/proc/net/dev', 'utf8')
      .split('\n')
      .find((text) => text.trim().startsWith('lo:'));
    const fields = (line ?? '')
      .trim()
      .split(/\s+/)
      .map((field, i) => (i === 0 ? 0n : BigInt(field)));
    return [fields[1], fields[9], fields[2], fields[10]].map((field) => field ?? -1n);
  }

  const isBetween = (count = -1n, low = 0n, high = 0n): boolean => low <= count && count <= high;

  it('counts the loopback interface as the kernel does', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    // snmpd reads its interfaces every 3 s, not when it is asked, and says 0 until it has done so.
    const before = kernelCounters();
    const snmpd = await startSnmpd(['rocommunity public 127.0.0.1']);
    opened.push(snmpd.stop);
    const client = session(snmpd.port);
    const poller = createInterfacePoller(client, { clock, wanted: ['lo'] });
    const { poll, lo } = await until('counters of the time since the start', async () => {
      const [poll] = await poller.poll();
      const [lo] = poll?.interfaces ?? [];
      const after = kernelCounters();
      const counts = [lo?.rxBytes, lo?.txBytes, lo?.rxPackets, lo?.txPackets];
      const areRight = counts.every((count, i) => isBetween(count, before[i], after[i]));
      return poll && lo && areRight ? { poll, lo } : undefined;
    });
    expect(lo).toMatchObject({ name: 'lo', running: true });
    expect(poll.sysUpTimeMs).toBeGreaterThan(0);
    expect(poll.sysUpTimeMs).toBeLessThan(60_000);
  });
});
