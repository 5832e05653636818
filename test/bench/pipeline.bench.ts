/**
 * The whole road of a flow: UDP -> event log -> decoded -> chDB, as `fairlead run` has it. The rate is raised until
 * something is lost or late; what is stored is counted by SQL. With `--kafka` the log is a broker on this machine, the
 * collector one process, the decoder and the writer another.
 *
 * Options: `--seconds N` of each step (10), `--from N` flows/s of the first (100 000), `--profile` says where the main
 * threads spend their time, and takes some of it; `--alone` leaves the peers out; `--set 'writer:
 * { maxAgeMs: 1000 }'` adds a line to fairlead.yaml.
 *
 * Peers in the same run, on the same stream: nfcapd (Debian's nfdump) and goflow2 (`go install
 * github.com/netsampler/goflow2/v2/cmd/goflow2@latest`), where they are on the PATH.
 */
import { parseArgs } from 'node:util';
import { kafkaRequirement, startLocalKafka } from '@fairlead/event-log/testing';
import { requirement, type Requirement } from '@fairlead/testkit';
import { openPipeline } from './support/fairlead-receiver.ts';
import { findSustained, type Found, type Receiver } from './support/flow-stream.ts';
import { openGoflow2, openNfcapd } from './support/peer-receivers.ts';
import { report } from './support/report.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    from: { type: 'string', default: '100000' },
    to: { type: 'string', default: '1000000' },
    kafka: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    alone: { type: 'boolean', default: false },
    set: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
  },
});
const name = options.kafka ? 'pipeline, Kafka' : 'pipeline, embedded';
const steps = { from: Number(options.from), to: Number(options.to), seconds: Number(options.seconds) };

interface Peer {
  readonly name: string;
  readonly need: Requirement;
  readonly open: () => Promise<Receiver>;
}

const PEER_SECONDS = 5;
const peers: readonly Peer[] = [
  { name: 'nfcapd', need: requirement('nfcapd', 'nfdump'), open: openNfcapd },
  ...(['json', 'bin'] as const).map((format) => ({
    name: `goflow2 ${format}`,
    need: requirement('goflow2'),
    open: () => openGoflow2(format),
  })),
];

const need = kafkaRequirement();
if (options.kafka && !need.met) process.stderr.write(`${name}: ${need.reason}\n`);
else await measure();

async function measure(): Promise<void> {
  const kafka = options.kafka ? await startLocalKafka() : undefined;
  try {
    const ours = await findSustained(
      name,
      () =>
        openPipeline({
          ...(kafka ? { brokers: kafka.brokers } : {}),
          settings: options.set,
          ...(options.profile ? { onProfile: tellProfile } : {}),
        }),
      steps,
    );
    report([
      {
        name: `${name}, sustained without loss`,
        value: ours.flowsPerSecond,
        unit: 'flows/s',
        peer: 'target',
        peerValue: options.kafka ? 100_000 : 200_000,
      },
    ]);
    for (const peer of options.alone ? [] : peers) await compare(peer, ours);
  } finally {
    await kafka?.stop();
  }
}

/** Peers do less: they decode, and keep nothing or raw records. */
async function compare(peer: Peer, ours: Found): Promise<void> {
  if (!peer.need.met) {
    process.stderr.write(`${peer.name}: ${peer.need.reason}\n`);
    return;
  }
  const theirs = await findSustained(peer.name, peer.open, { ...steps, seconds: PEER_SECONDS });
  report([
    {
      name: `${name}, sustained without loss`,
      value: ours.flowsPerSecond,
      unit: 'flows/s',
      peer: peer.name,
      peerValue: theirs.flowsPerSecond,
    },
    {
      name: `${name}, flows for a second of CPU time`,
      value: ours.flowsPerCpuSecond,
      unit: 'flows',
      peer: peer.name,
      peerValue: theirs.flowsPerCpuSecond,
    },
  ]);
}

function tellProfile(process_: string, shares: readonly (readonly [string, number])[]): void {
  const text = shares.map(([place, share]) => `${place} ${(share * 100).toFixed(1)} %`).slice(0, 16);
  process.stderr.write(`  main thread of ${process_}: ${text.join(', ')}\n`);
}
