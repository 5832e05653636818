/**
 * A fleet of SNMP agents, each with eight WANs, polled every second by the collector in one process of one thread, into the
 * embedded event log. The agents are another process. Then the same fleet with agents that are silent, slow or send
 * garbage: the others must not notice. The peers read the same agents: net-snmp, the library that version 3 uses, by the
 * same GETs, and snmpbulkwalk, the command line of Net-SNMP, over a table of some thousand rows.
 *
 * `--seconds` (60) for each fleet, `--agents` (1000).
 */
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import snmp from 'net-snmp';
import { requirement } from '@fairlead/testkit';
import { report } from './support/report.ts';
import type { PollerJob, PollerResult } from './support/snmp-poller.child.ts';
import type { AgentsJob } from './support/snmp-agents.child.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    agents: { type: 'string', default: '1000' },
    json: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const count = Number(values.agents);
const LARGE_TABLE_ROWS = 2_000;
const PEER_POLLS = 20_000;

interface Agents {
  readonly ports: readonly number[];
  answers(): Promise<number>;
  stop(): void;
}

async function startAgents(job: AgentsJob): Promise<Agents> {
  const child = fork(resolve(import.meta.dirname, 'support/snmp-agents.child.ts'));
  child.send(job);
  const [{ ports }] = (await once(child, 'message')) as [{ ports: number[] }];
  return {
    ports,
    async answers() {
      child.send('count');
      const [{ answers }] = (await once(child, 'message')) as [{ answers: number }];
      return answers;
    },
    stop: () => child.kill(),
  };
}

async function runPoller(job: PollerJob): Promise<PollerResult> {
  const child = fork(resolve(import.meta.dirname, 'support/snmp-poller.child.ts'));
  child.send(job);
  const [result] = (await once(child, 'message')) as [PollerResult];
  child.kill();
  return result;
}

/** Processor microseconds for a PDU of net-snmp: GETs of the columns of two interfaces, as the collector asks them. */
async function measureLibrary(port: number): Promise<number> {
  const session = new snmp.Session('127.0.0.1', 'public', { version: snmp.Version2c, port, timeout: 5_000 });
  const columns = ['2.2.1.7', '2.2.1.8', '2.2.1.9', '2.2.1.13', '2.2.1.14', '2.2.1.19', '2.2.1.20'];
  const wide = [1, 6, 7, 8, 9, 10, 11, 12, 13, 15, 18].map((column) => `31.1.1.1.${column}`);
  const oids = [1, 2].flatMap((index) =>
    [...columns, ...wide].map((column) => `1.3.6.1.2.1.${column}.${index}`),
  );
  const ask = (): Promise<void> =>
    new Promise((done, reject) => session.get(oids, (error) => (error ? reject(error) : done())));
  for (let i = 0; i < PEER_POLLS / 10; i += 1) await ask();
  const start = process.cpuUsage();
  for (let i = 0; i < PEER_POLLS / 10; i += 1) await Promise.all(Array.from({ length: 10 }, ask));
  const { user, system } = process.cpuUsage(start);
  session.close();
  return (user + system) / PEER_POLLS;
}

/** The same of snmpbulkwalk, its start included, which is little beside some thousand rows. */
async function measureBulkWalk(agents: Agents, port: number): Promise<number> {
  const before = await agents.answers();
  const script = `snmpbulkwalk -v2c -c public -On -Cr24 127.0.0.1:${port} 1.3.6.1.2.1.31.1.1.1 >/dev/null; cat /proc/$$/stat`;
  const { stdout } = await promisify(execFile)('sh', ['-c', script]);
  const fields = stdout.slice(stdout.lastIndexOf(')') + 2).split(' ');
  // Fields 16 and 17 of stat(5): the processor time of children that have ended, in hundredths of a second.
  const cpuSeconds = (Number(fields[13]) + Number(fields[14])) / 100;
  return (cpuSeconds * 1e6) / ((await agents.answers()) - before);
}

const none = { silent: 0, slow: 0, garbage: 0, largeTableRows: LARGE_TABLE_ROWS };
const sick = {
  silent: Math.round(count * 0.1),
  slow: Math.round(count * 0.05),
  garbage: Math.round(count * 0.01),
};

const agents = await startAgents({ agents: count, ...none });
const large = agents.ports.at(-1) ?? 0;
const library = await measureLibrary(agents.ports[0] ?? 0);
const walk = requirement('snmpbulkwalk').met ? await measureBulkWalk(agents, large) : 0;
const healthy = await runPoller({ ports: agents.ports.slice(0, count), watched: count, seconds });
agents.stop();

const mixedAgents = await startAgents({ agents: count, ...sick, largeTableRows: 1 });
const watched = count - sick.silent - sick.slow - sick.garbage;
const mixed = await runPoller({ ports: mixedAgents.ports.slice(0, count), watched, seconds });
mixedAgents.stop();

const fleet = `${count} agents`;
const perPdu = (healthy.cpuSeconds * 1e6) / healthy.pdus;
report([
  {
    name: 'snmp-poll-complete-share',
    value: healthy.complete / healthy.due,
    unit: 'of polls due',
    peer: 'all',
    peerValue: 1,
  },
  {
    name: 'snmp-poll-late-share',
    value: healthy.late / healthy.due,
    unit: 'of polls due',
    peer: 'complete',
    peerValue: healthy.complete / healthy.due,
  },
  {
    name: 'snmp-poll-core',
    value: healthy.cpuSeconds / healthy.seconds,
    unit: `of a core for ${fleet}`,
    peer: 'one core',
    peerValue: 1,
  },
  {
    name: 'snmp-poll-memory-per-router',
    value: healthy.bytesPerRouter / 1_024,
    unit: 'KiB',
    peer: 'without routers',
    peerValue: 0,
  },
  {
    name: 'snmp-poll-cpu-per-pdu',
    value: perPdu,
    unit: 'µs, all of the collector',
    peer: 'net-snmp (npm), reading only',
    peerValue: library,
  },
  {
    name: 'snmp-poll-cpu-per-pdu-walk',
    value: perPdu,
    unit: 'µs, all of the collector',
    peer: 'snmpbulkwalk',
    peerValue: walk,
  },
  {
    name: 'snmp-poll-p99-with-sick-agents',
    value: mixed.p99Ms,
    unit: 'ms',
    peer: 'the same without',
    peerValue: healthy.p99Ms,
  },
  {
    name: 'snmp-poll-p50-with-sick-agents',
    value: mixed.p50Ms,
    unit: 'ms',
    peer: 'the same without',
    peerValue: healthy.p50Ms,
  },
  {
    name: 'snmp-poll-late-share-with-sick-agents',
    value: mixed.late / mixed.due,
    unit: 'of polls due of the healthy',
    peer: 'the same without',
    peerValue: healthy.late / healthy.due,
  },
]);
