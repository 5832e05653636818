import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEmbeddedLog, createKafkaLog, type EventLog, type NewRecord } from '@fairlead/event-log';
import { kafkaRequirement, type LocalKafka, startLocalKafka } from '@fairlead/event-log/testing';
import { fixedInventory, inventorySchema } from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { randomNumbers, temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { createWanProcessor, wanProcessorConfigSchema } from '@fairlead/wan-processor';
import { afterAll, describe, expect, it } from 'vitest';
import { createDayCurve } from './support/day-curve.ts';
import { type FairleadProcess, startFairlead, untilRunning } from './support/fairlead-process.ts';
import { appendToAll, followOutputs, type Made } from './support/follow-outputs.ts';

const need = kafkaRequirement();
const SEED = 5;
const ROUTERS = 40;
const GROUP = 'wan-processor';
/** The clock of the routers is ahead of this machine's, so that no sample is too old to decide on. */
const AHEAD_MS = 3_600_000;
/** A second of the routers goes by so fast. */
const SECOND_MS = 100;
/** As much as marks are known for. */
const LONGEST_S = 2_700;
/** Shorter than a killed member keeps its partitions, in which nobody works while another one joins. */
const PROCESSOR = { staleAfterMs: 7_000 };

const routers = Array.from({ length: ROUTERS }, (_, n) => ({
  name: `gw${n}`,
  site: 'fleet',
  address: '127.0.0.1',
  api: { port: 1, user: 'nobody', password: 'x', tls: false },
  wans: [1, 2, 3].map((wan) => ({
    name: `ISP${wan}`,
    interface: `ether${wan}`,
    capacity: { rx: '10M', tx: '10M' },
    routingMark: `to-ISP${wan}`,
  })),
  steering: { policy: { dwellMs: 5_000, meanMs: 5_000, flipsPerHour: 60 } },
}));

/** Waits until a group has worked on all of a topic. */
const worked = (log: EventLog, topic: string): Promise<unknown> =>
  until(
    `all of ${topic}`,
    async () => {
      const committed = await log.committed(GROUP, topic);
      const partitions = await log.partitions(topic);
      return partitions.every(({ partition, nextOffset }) => (committed.get(partition) ?? 0) >= nextOffset);
    },
    { timeoutMs: 90_000, everyMs: 200 },
  );

/** What one processor makes of these records, which nobody disturbs. */
async function makeAlone(
  states: readonly NewRecord[],
  counters: readonly NewRecord[],
  startMs: number,
): Promise<Made> {
  const folder = temporaryFolder();
  const log = await createEmbeddedLog({ directory: folder.path });
  const processor = createWanProcessor(wanProcessorConfigSchema.parse(PROCESSOR), {
    log,
    inventory: fixedInventory(inventorySchema.parse(routers)),
    clock: { nowMs: () => startMs, monotonicMs: () => startMs },
    telemetry: createTelemetry({ level: 'silent' }),
  });
  try {
    await processor.start();
    await log.append(states);
    await worked(log, topics.routerState.name);
    for (let at = 0; at < counters.length; at += 4_000) await log.append(counters.slice(at, at + 4_000));
    await worked(log, topics.counters.name);
    const outputs = await followOutputs(log);
    const wanted = await log.partitions(topics.wanUtilisation.name);
    await until('what it made', () =>
      wanted.every(({ topic, partition, nextOffset }) => outputs.seenTo(topic, partition) >= nextOffset),
    );
    return outputs.made();
  } finally {
    await processor.stop();
    await log.close();
    folder.remove();
  }
}

describe('processors that are killed, stopped and added under load, on a Kafka broker', () => {
  const folder = temporaryFolder();
  const processes: FairleadProcess[] = [];
  let kafka: LocalKafka | undefined;
  let close = async (): Promise<void> => undefined;

  afterAll(async () => {
    await Promise.all(processes.map((process) => process.stop('SIGKILL')));
    await close();
    await kafka?.stop();
    folder.remove();
  });

  const startProcess = async (name: string, brokers: readonly string[]): Promise<FairleadProcess> => {
    const dataDirectory = join(folder.path, name);
    const file = join(folder.path, `${name}.json`);
    mkdirSync(dataDirectory);
    writeFileSync(
      file,
      JSON.stringify({
        dataDirectory,
        http: { port: 0 },
        eventLog: { kind: 'kafka', brokers },
        wanProcessor: PROCESSOR,
        routers,
      }),
    );
    const started = startFairlead(['run', '--config', file, '--services', 'wan-processor,actuator']);
    processes.push(started);
    await untilRunning(dataDirectory, started);
    return started;
  };

  it('make what one of them would have made, each event, decision and actuation once', async (ctx) => {
    if (!need.met) return ctx.skip(need.reason);
    kafka = await startLocalKafka();
    const { brokers } = kafka;
    const log = await createKafkaLog({ brokers, clientId: 'rebalance' });
    close = () => log.close();
    await log.ensureTopics(Object.values(topics));
    const startMs = Date.now() + AHEAD_MS;
    const curve = createDayCurve(SEED, inventorySchema.parse(routers), { startMs, seconds: LONGEST_S });
    const states = curve.states();
    await log.append(states);
    const outputs = await followOutputs(log);
    const [first, second] = await Promise.all([
      startProcess('first', brokers),
      startProcess('second', brokers),
    ]);
    await worked(log, topics.routerState.name);

    const counters: NewRecord[] = [];
    const flowing = new AbortController();
    let longestPauseMs = 0;
    const flow = (async (): Promise<void> => {
      let lastMs = performance.now();
      for (let second = 0; !flowing.signal.aborted && second < LONGEST_S; second += 1) {
        const records = curve.nextSecond();
        counters.push(...records);
        const pace = new Promise((resolve) => setTimeout(resolve, SECOND_MS));
        await Promise.all([log.append(records), pace]);
        longestPauseMs = Math.max(longestPauseMs, performance.now() - lastMs);
        lastMs = performance.now();
      }
    })();
    // It goes on where the test fails, until the log is closed.
    flow.catch(() => undefined);
    const random = randomNumbers(SEED);
    const secondsPass = (): Promise<unknown> => {
      const wanted = counters.length + Math.round(10 * (1 + random())) * ROUTERS;
      return until('seconds to pass', () => counters.length >= wanted, { timeoutMs: 120_000 });
    };
    await until('the first samples are worked on', () => outputs.made().utilisation.length > ROUTERS);
    const flowsSinceMs = Date.now();

    await secondsPass();
    await first.stop('SIGKILL');
    const [third] = await Promise.all([startProcess('third', brokers), startProcess('fourth', brokers)]);
    await secondsPass();
    expect(await second.stop()).toBe(0);
    await secondsPass();
    await third.stop('SIGKILL');
    await secondsPass();
    const flowedToMs = Date.now();
    flowing.abort();
    await flow;
    // Meanwhile the broker waits until it is sure that the third one is gone.
    const [alone] = await Promise.all([
      makeAlone(states, counters, startMs),
      worked(log, topics.counters.name),
    ]);
    // Whatever comes after these is of no concern: all counters have been worked on, and all decisions are carried out.
    const seeEnd = async (): Promise<void> => {
      const last = await appendToAll(log);
      await until('the end of all outputs', () =>
        last.every(({ topic, partition, offset }) => outputs.seenTo(topic, partition) > offset),
      );
    };
    await seeEnd();
    const isSilence = (line: string): boolean => /\/samples-(?:missing|back)\//.test(line);
    const made = outputs.made();
    expect(made.utilisation).toEqual(alone.utilisation);
    expect(made.events.filter((line) => !isSilence(line))).toEqual(alone.events);
    expect(made.decisions).toEqual(alone.decisions);
    await until(
      'an actuation of each decision',
      () => outputs.made().actuations.length >= made.decisions.length,
    );
    await seeEnd();
    expect(outputs.made().actuations).toEqual(
      alone.decisions
        .map((line) => line.split(' '))
        .map(([id, , mark]) => `${id} ${mark}`)
        .sort(),
    );
    const timeOf = (line: string): number => Number(line.split(' ')[0]?.split('/').at(-1));
    const silences = made.events.filter(
      (line) => isSilence(line) && timeOf(line) > flowsSinceMs && timeOf(line) < flowedToMs,
    );
    // Where this machine held the counters back themselves, they were missing.
    if (longestPauseMs < PROCESSOR.staleAfterMs / 2) expect(silences).toEqual([]);
    expect(alone.events.length).toBeGreaterThan(ROUTERS);
    expect(alone.decisions.length).toBeGreaterThan(ROUTERS);
  });
});
