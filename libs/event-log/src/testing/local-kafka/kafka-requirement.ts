import { spawnSync } from 'node:child_process';
import { type Requirement, requirement } from '@fairlead/testkit';

const OLDEST_JAVA = 17;

/** Whether there is a Kafka to test with: the one that KAFKA_BROKERS names, or what it takes to start one. */
export function kafkaRequirement(): Requirement {
  return process.env['KAFKA_BROKERS'] === undefined ? localKafkaRequirement() : { met: true };
}

/** What `startLocalKafka` needs. */
export function localKafkaRequirement(): Requirement {
  const programs = requirement('java', 'mvn');
  if (!programs.met) return programs;
  const version = Number(/version "(\d+)/.exec(spawnSync('java', ['-version']).stderr.toString())?.[1]);
  if (version >= OLDEST_JAVA) return { met: true };
  return { met: false, reason: `Kafka needs Java ${OLDEST_JAVA} or later; this is Java ${version}` };
}
