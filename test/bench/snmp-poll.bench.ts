/**
 * A fleet of SNMP agents, each with eight WANs, polled every second by the collector in one process of one thread, into the
 * embedded event log. The agents are another process. Then, in turn and some times, healthy agents without and with others
 * that are silent, slow or send garbage: they must not notice (`support/take-turns.ts`). A poll is late when its counters are not stored
 * by the time the next one is due, or never.
 *
 * First, what an answer costs in processor time beside others: net-snmp (npm), gosnmp as Telegraf uses it (built where Go
 * is), and snmpbulkwalk.
 *
 * `--seconds 60` of the whole fleet, `--agents 1000`, `--rounds 5` of two turns of `--round-seconds 40`, which begin
 * `--settle-seconds 30` after the bad ones came or went.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { coreShare, lateShare } from './support/fleet.ts';
import { type BenchmarkResult, report } from './support/report.ts';
import { runPoller } from './support/run-poller.ts';
import type { AgentsJob } from './support/snmp-agents.child.ts';
import { measureGets, measureWalks, type PduCost } from './support/snmp-pdu-cost.ts';
import type { SnmpFleetResult, SnmpPollerJob } from './support/snmp-poller.child.ts';
import { compareTurns, readTurnsPlan, turnsOptions } from './support/take-turns.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    agents: { type: 'string', default: '1000' },
    ...turnsOptions,
    json: { type: 'boolean', default: false },
  },
});
const count = Number(values.agents);
const sick = {
  silent: Math.round(count * 0.1),
  slow: Math.round(count * 0.05),
  garbage: Math.round(count * 0.01),
};
const sickCount = sick.silent + sick.slow + sick.garbage;

const agents = fork(resolve(import.meta.dirname, 'support/snmp-agents.child.ts'));
agents.send({ agents: count + sickCount, ...sick, largeTableRows: 2_000 } satisfies AgentsJob);
const [{ ports }] = (await once(agents, 'message')) as [{ ports: number[] }];
const answers = async (): Promise<number> => {
  agents.send('count');
  const [message] = (await once(agents, 'message')) as [{ answers: number }];
  return message.answers;
};

const gets = await measureGets(ports[0] ?? 0);
const walks = await measureWalks(ports.at(-1) ?? 0, answers);
const job: SnmpPollerJob = {
  healthyPorts: ports.slice(0, count),
  badPorts: ports.slice(count, count + sickCount),
  seconds: Number(values.seconds),
  turns: readTurnsPlan(values),
};
const { fleet, turns } = await runPoller<SnmpFleetResult>('snmp-poller.child.ts', job);
agents.kill();

report([
  ...compareCosts('get', gets),
  ...compareCosts('walk', walks),
  ...(fleet ? describeWhole(fleet) : []),
  ...compareTurns('snmp-poll', turns),
]);

function describeWhole(fleet: SnmpFleetResult): BenchmarkResult[] {
  return [
    {
      name: 'snmp-poll-complete-share',
      value: Math.min(1, fleet.complete / fleet.expected),
      unit: 'of the polls due',
      peer: 'all',
      peerValue: 1,
    },
    {
      name: 'snmp-poll-late-share',
      value: lateShare(fleet),
      unit: 'of the polls due',
      peer: 'all',
      peerValue: 1,
    },
    {
      name: 'snmp-poll-core',
      value: coreShare(fleet),
      unit: `of a core for ${count} agents`,
      peer: 'one core',
      peerValue: 1,
    },
    {
      name: 'snmp-poll-cpu-per-pdu',
      value: (fleet.cpuSeconds * 1e6) / fleet.pdus,
      unit: 'µs, all of the collector and the log',
      peer: 'gosnmp reading and decoding',
      peerValue: gets.find(({ name }) => name.startsWith('gosnmp'))?.decodeMicros ?? 0,
    },
    {
      name: 'snmp-poll-memory',
      value: fleet.bytesPerRouter / 1_024,
      unit: 'KiB a router',
      peer: 'without routers',
      peerValue: 0,
    },
  ];
}

/** Fairlead against each of the others, in what both were measured. */
function compareCosts(what: string, [ours, ...others]: readonly PduCost[]): BenchmarkResult[] {
  return (['readMicros', 'decodeMicros'] as const).flatMap((kind) =>
    others.flatMap((other): BenchmarkResult[] => {
      const [value, peerValue] = [ours?.[kind], other[kind]];
      if (value === undefined || peerValue === undefined) return [];
      const doing = kind === 'readMicros' ? 'reading' : 'reading and decoding';
      const name = `snmp-poll-pdu-${what}-${kind === 'readMicros' ? 'read' : 'decode'}`;
      return [{ name, value, unit: `µs of processor a PDU, ${doing}`, peer: other.name, peerValue }];
    }),
  );
}
