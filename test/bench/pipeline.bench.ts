/**
 * The whole road of a flow: UDP -> event log -> decoded -> chDB, as `fairlead run` has it. The rate is raised until
 * something is lost or late; what is stored is counted by SQL. With `--kafka` the log is a broker on this machine, the
 * collector one process, the decoder and the writer another.
 *
 * Options: `--seconds N` of each step (10), `--from N` flows/s of the first (100 000), `--profile` says where the main
 * threads spend their time, and takes some of it.
 */
import { parseArgs } from 'node:util';
import { kafkaRequirement, startLocalKafka } from '@fairlead/event-log/testing';
import { openPipeline } from './support/fairlead-receiver.ts';
import { findSustained } from './support/flow-stream.ts';
import { report } from './support/report.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    from: { type: 'string', default: '100000' },
    to: { type: 'string', default: '1000000' },
    kafka: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const name = options.kafka ? 'pipeline, Kafka' : 'pipeline, embedded';
const steps = { from: Number(options.from), to: Number(options.to), seconds: Number(options.seconds) };

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
          ...(options.profile ? { onProfile: tellProfile } : {}),
        }),
      steps,
    );
    report([
      {
        name: `${name}, sustained without loss`,
        value: ours?.flowsPerSecond ?? 0,
        unit: 'flows/s',
        peer: 'target',
        peerValue: options.kafka ? 100_000 : 200_000,
      },
    ]);
  } finally {
    await kafka?.stop();
  }
}

function tellProfile(process_: string, shares: readonly (readonly [string, number])[]): void {
  const text = shares.map(([place, share]) => `${place} ${(share * 100).toFixed(1)} %`).slice(0, 16);
  process.stderr.write(`  main thread of ${process_}: ${text.join(', ')}\n`);
}
