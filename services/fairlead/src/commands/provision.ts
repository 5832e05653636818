import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { InspectableLog, TopicDifference, TopicState } from '@fairlead/event-log';
import { createTelemetry, loadConfig } from '@fairlead/runtime';
import { type Topic, topics } from '@fairlead/topics';
import { openEventLog } from '../compose.ts';
import { type FairleadConfig, fairleadConfigSchema } from '../config.ts';
import { exitCodes } from '../exit.ts';
import { describeDuration, describeSize } from '../quantities.ts';

export interface ProvisionOptions {
  readonly config: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

type Outcome = 'present' | 'created' | 'missing' | 'different';

interface Provisioned {
  readonly topic: Topic<unknown>;
  readonly outcome: Outcome;
  readonly differences: readonly TopicDifference[];
}

const WANTED = Object.values(topics) as unknown as readonly Topic<unknown>[];

/**
 * `fairlead provision`: creates the topics that are missing and says how the others differ from the registry. It changes
 * no topic that exists. The exit code is 0 when all are there as the registry has them.
 */
export async function provisionTopics(options: ProvisionOptions): Promise<number> {
  const config = await loadConfig(fairleadConfigSchema, options.config, process.env);
  const results = await provision(config, options.dryRun);
  for (const result of results) {
    process.stdout.write(`${options.json ? JSON.stringify(toJson(result)) : toLine(result)}\n`);
  }
  const count = (wanted: Outcome): number => results.filter(({ outcome }) => outcome === wanted).length;
  const [created, missing, different] = [count('created'), count('missing'), count('different')];
  process.stderr.write(
    `${results.length} topics: ${created} created, ${missing} missing, ${different} different\n`,
  );
  if (different > 0) process.stderr.write(`${adviceOn(config)}\n`);
  return missing + different === 0 ? exitCodes.ok : exitCodes.failed;
}

async function provision(config: FairleadConfig, dryRun: boolean): Promise<Provisioned[]> {
  // Opening an embedded log would make it, and a dry run makes nothing.
  if (dryRun && config.eventLog.kind === 'embedded' && !existsSync(join(config.dataDirectory, 'log'))) {
    return WANTED.map((topic) => ({ topic, outcome: 'missing', differences: [] }));
  }
  const log = await openEventLog(config, createTelemetry({ level: 'warn' }));
  try {
    const before = await log.compareTopics(WANTED);
    const after = dryRun ? before : await createMissing(log);
    return WANTED.map((topic, index) => {
      const state = after[index] ?? { name: topic.name, exists: false, differences: [] };
      return { topic, outcome: outcomeOf(state, before[index]), differences: state.differences };
    });
  } finally {
    await log.close();
  }
}

async function createMissing(log: InspectableLog): Promise<readonly TopicState[]> {
  await log.ensureTopics(WANTED);
  return log.compareTopics(WANTED);
}

function outcomeOf({ exists, differences }: TopicState, before: TopicState | undefined): Outcome {
  if (!exists) return 'missing';
  if (differences.length > 0) return 'different';
  return before?.exists === true ? 'present' : 'created';
}

function toJson({ topic, outcome, differences }: Provisioned): object {
  const { name, version, schema, key, partitions, retentionMs, retentionBytes, compacted } = topic;
  const record = `fairlead.v1.${schema.message}`;
  return {
    topic: name,
    outcome,
    differences,
    version,
    record,
    key,
    partitions,
    retentionMs,
    retentionBytes,
    compacted,
  };
}

function toLine({ topic, outcome, differences }: Provisioned): string {
  const what = outcome === 'different' ? differences.map(describe).join('; ') : settingsOf(topic);
  return `${topic.name.padEnd(Math.max(...WANTED.map(({ name }) => name.length)))}  ${outcome.padEnd(9)}  ${what}`;
}

function settingsOf({ partitions, retentionMs, retentionBytes, compacted }: Topic<unknown>): string {
  const kept = compacted
    ? 'the newest of each key is kept'
    : `kept for ${describeDuration(retentionMs)}, ${describeSize(retentionBytes)} of each partition`;
  return `${partitions} partitions, ${kept}`;
}

function describe({ setting, wanted, found }: TopicDifference): string {
  switch (setting) {
    case 'partitions':
      return `${found} partitions instead of ${wanted}`;
    case 'retentionMs':
      return `kept for ${describeDuration(Number(found))} instead of ${describeDuration(Number(wanted))}`;
    case 'retentionBytes':
      return `${describeSize(Number(found))} kept of each partition instead of ${describeSize(Number(wanted))}`;
    case 'compacted':
      return wanted === 'true' ? 'not compacted' : 'compacted';
    case 'largestAppendBytes':
      return `takes ${describeSize(Number(found))} at once instead of ${describeSize(Number(wanted))}`;
  }
}

const adviceOn = ({ eventLog }: FairleadConfig): string =>
  eventLog.kind === 'kafka'
    ? 'No topic that was there was changed. kafka-configs.sh sets retention.ms, retention.bytes, cleanup.policy and max.message.bytes; ' +
      'more partitions (kafka-topics.sh --alter) move keys: stop what writes, and let consumers catch up, before.'
    : 'No topic that was there was changed. An embedded topic keeps what it was created with as long as its data directory lives.';
