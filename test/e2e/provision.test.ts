import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKafkaLog } from '@fairlead/event-log';
import { kafkaRequirement, type LocalKafka, startLocalKafka } from '@fairlead/event-log/testing';
import { temporaryFolder } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { afterAll, describe, expect, it } from 'vitest';
import { runFairlead } from './support/fairlead-process.ts';

const need = kafkaRequirement();
const folder = temporaryFolder();
let kafka: LocalKafka | undefined;

afterAll(async () => {
  await kafka?.stop();
  folder.remove();
});

interface Line {
  readonly topic: string;
  readonly outcome: string;
  readonly differences: readonly object[];
}

/** Runs the command with `--json`. */
async function provision(
  configuration: string,
  ...options: string[]
): Promise<{ readonly exitCode: number | string; readonly lines: readonly Line[]; readonly stderr: string }> {
  const file = join(folder.path, 'fairlead.yaml');
  writeFileSync(file, configuration);
  const { exitCode, stdout, stderr } = await runFairlead([
    'provision',
    '--config',
    file,
    '--json',
    ...options,
  ]);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { exitCode, lines: lines.map((line) => JSON.parse(line) as Line), stderr };
}

const outcomes = (lines: readonly Line[]): string[] => [...new Set(lines.map(({ outcome }) => outcome))];

describe('fairlead provision', () => {
  it('creates the topics of an embedded log; a dry run creates nothing', async () => {
    const configuration = `dataDirectory: ${join(folder.path, 'data')}\n`;
    const dry = await provision(configuration, '--dry-run');
    expect([dry.exitCode, outcomes(dry.lines), existsSync(join(folder.path, 'data'))]).toEqual([
      1,
      ['missing'],
      false,
    ]);
    const first = await provision(configuration);
    expect([first.exitCode, outcomes(first.lines)]).toEqual([0, ['created']]);
    expect(first.lines.map(({ topic }) => topic)).toEqual(Object.values(topics).map(({ name }) => name));
    const again = await provision(configuration, '--dry-run');
    expect([again.exitCode, outcomes(again.lines)]).toEqual([0, ['present']]);
  });

  it('leaves a topic of the cluster that differs, says how, and creates the others', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    kafka = await startLocalKafka();
    const { name, retentionBytes } = topics.flows;
    const log = await createKafkaLog({ brokers: kafka.brokers, clientId: 'operator' });
    await log.ensureTopics([{ name, partitions: 2, retentionMs: 3_600_000, retentionBytes }]);
    await log.close();

    const configuration = `eventLog: { kind: kafka, brokers: [${kafka.brokers.join(', ')}] }\n`;
    for (const outcome of ['created', 'present']) {
      const { exitCode, lines, stderr } = await provision(configuration);
      expect(exitCode).toBe(1);
      expect(lines.filter((line) => line.topic !== name).map((line) => line.outcome)).toEqual(
        Array.from({ length: Object.keys(topics).length - 1 }, () => outcome),
      );
      expect(lines.find((line) => line.topic === name)).toMatchObject({
        outcome: 'different',
        differences: [
          { setting: 'partitions', wanted: '4', found: '2' },
          { setting: 'retentionMs', wanted: '86400000', found: '3600000' },
        ],
      });
      expect(stderr).toContain('1 different');
      expect(stderr).toContain('No topic that was there was changed.');
    }
  });

  it('ends with 2 and the place when the configuration is wrong', async () => {
    const { exitCode, stderr } = await provision('eventLog: { kind: kafka }\n');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/fairlead\.yaml:1:\d+.*brokers/);
  });
});
