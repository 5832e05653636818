/**
 * From a sample of counters to the mark that the router says when it is read back: one process with the embedded log, the
 * processor, the actuator and a simulated router over TLS on loopback. The clock is put an hour on for each flip, so that
 * dwell and budget allow it; the latency is the one that each actuation records. What of it is the log, which commits the
 * sample and the decision one after the other, is told beside it.
 *
 * A sample comes a second after the one before it in life, when the disk has long had that one; here after `--pause` (100 ms),
 * which is longer than any flush of a disk that works. With `--pause 0` it comes while the two records before it are still
 * being flushed.
 *
 * `--flips N` (1000), `--pause MS` (100).
 */
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openSteeredRouter } from '@fairlead/actuator/testing';
import { actuatorConfigSchema, createActuator } from '@fairlead/actuator';
import { createEmbeddedLog, type NewRecord } from '@fairlead/event-log';
import {
  Actuation,
  CounterSource,
  decodeFrames,
  encodeFrames,
  fixedInventory,
  InterfaceCounters,
  Outcome,
  RouterState,
  SteeringRule,
} from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { temporaryFolder, until } from '@fairlead/testkit';
import { topics } from '@fairlead/topics';
import { createWanProcessor, wanProcessorConfigSchema } from '@fairlead/wan-processor';
import { type BenchmarkResult, report } from './support/report.ts';

const { values: options } = parseArgs({
  options: {
    flips: { type: 'string', default: '1000' },
    pause: { type: 'string', default: '100' },
    json: { type: 'boolean', default: false },
  },
});
const FLIPS = Number(options.flips);
const PAUSE_MS = Number(options.pause);
const TARGET_MS = 20;
const ROUTER = 'gw1';
const HOUR_MS = 3_600_000;
const SAMPLE_MS = 5_000;
const CAPACITY_BPS = 50e6;
const DEADLINE_MS = 5_000;

const folder = temporaryFolder();
const { sim, inventory } = await openSteeredRouter({
  dwellMs: 0,
  samples: { breached: 1, of: 1 },
  meanMs: 1,
});
const log = await createEmbeddedLog({ directory: folder.path });
const clock = { aheadMs: 0, nowMs: () => Date.now() + clock.aheadMs, monotonicMs: () => performance.now() };
const deps = {
  log,
  inventory: fixedInventory(inventory),
  clock,
  telemetry: createTelemetry({ level: 'silent' }),
};
const processor = createWanProcessor(wanProcessorConfigSchema.parse({}), deps);
const actuator = createActuator(actuatorConfigSchema.parse({}), { ...deps, instance: 'flip-latency' });
await log.ensureTopics(Object.values(topics));
await actuator.start();
await processor.start();

let onActuation: ((actuation: Actuation) => void) | undefined;
let decidedMs = 0;
const following = await log.subscribe({
  topics: [topics.actuations.name, topics.decisions.name],
  startAt: 'latest',
  async onBatch({ topic, records }) {
    if (topic === topics.decisions.name) {
      decidedMs = performance.now();
      return;
    }
    for (const { value } of records)
      for (const actuation of decodeFrames(Actuation, value)) onActuation?.(actuation);
  },
  onError: (error) => {
    throw error;
  },
});

const bytes = { ether1: 0, ether2: 0 };
const latenciesMs: number[] = [];
const sampleStoredMs: number[] = [];
const carriedOutMs: number[] = [];
try {
  // The first flips wake up code, connections and files.
  for (let number = -20; number < FLIPS; number += 1) {
    const flipped = await flip(number % 2 === 0 ? 'ether1' : 'ether2');
    if (number < 0) continue;
    latenciesMs.push(flipped.latencyMs);
    sampleStoredMs.push(flipped.sampleStoredMs);
    carriedOutMs.push(flipped.carriedOutMs);
  }
  const unit = 'ms';
  const target = { unit, peer: 'target', peerValue: TARGET_MS };
  report([
    { name: `flip, p50 of ${FLIPS}`, value: quantile(latenciesMs, 0.5), ...target },
    { name: `flip, p99 of ${FLIPS}`, value: quantile(latenciesMs, 0.99), ...target },
    { name: `flip, longest of ${FLIPS}`, value: quantile(latenciesMs, 1), ...target },
    ...[0.5, 0.99].flatMap((share) => partsAt(share)),
  ]);
} finally {
  await following.stop();
  await processor.stop();
  await actuator.stop();
  await log.close();
  await sim.stop();
  folder.remove();
}

/** An hour later the WAN in use is full, or the second one has no more than the first bears: the sample that leads to a flip. */
async function flip(used: keyof typeof bytes): Promise<Flipped> {
  clock.aheadMs += HOUR_MS;
  const mark = used === 'ether1' ? 'ISP1_Route' : 'ISP2_Route';
  await log.append([stateRecord(mark)]);
  await worked(topics.routerState.name);
  await log.append([countersRecord()]);
  await worked(topics.counters.name);
  await setTimeout(PAUSE_MS);
  clock.aheadMs += SAMPLE_MS;
  bytes[used] += (CAPACITY_BPS * (used === 'ether1' ? 0.95 : 0.3) * SAMPLE_MS) / 8_000;
  const done = nextActuation();
  const beganMs = performance.now();
  await log.append([countersRecord()]);
  const sampleStoredMs = performance.now() - beganMs;
  const { outcome, reason, latencyMs } = await done;
  if (outcome !== Outcome.CONFIRMED) throw new Error(`a flip was not confirmed: ${reason}`);
  // The latency is in whole milliseconds, so that a short rest may come out below nothing.
  return { latencyMs, sampleStoredMs, carriedOutMs: Math.max(0, latencyMs - (decidedMs - beganMs)) };
}

/** Milliseconds. */
interface Flipped {
  readonly latencyMs: number;
  readonly sampleStoredMs: number;
  readonly carriedOutMs: number;
}

/** What the log and the actuator had of it, beside the whole. */
function partsAt(share: number): BenchmarkResult[] {
  const whole = { unit: 'ms', peer: 'the flip', peerValue: quantile(latenciesMs, share) };
  const at = `p${share * 100}`;
  return [
    { name: `the sample committed by the log, ${at}`, value: quantile(sampleStoredMs, share), ...whole },
    { name: `from the decision in the log on, ${at}`, value: quantile(carriedOutMs, share), ...whole },
  ];
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

/** Waits until the processor has committed all of a topic. */
function worked(topic: string): Promise<unknown> {
  return until(`all of ${topic}`, async () => {
    const committed = await log.committed('wan-processor', topic);
    const partitions = await log.partitions(topic);
    return partitions.every(({ partition, nextOffset }) => (committed.get(partition) ?? 0) >= nextOffset);
  });
}

function nextActuation(): Promise<Actuation> {
  return new Promise((resolve, reject) => {
    const timer = globalThis.setTimeout(
      () => reject(new Error(`no actuation within ${DEADLINE_MS} ms`)),
      DEADLINE_MS,
    );
    onActuation = (actuation) => {
      clearTimeout(timer);
      resolve(actuation);
    };
  });
}

function countersRecord(): NewRecord {
  const { name: topic, codec } = topics.counters;
  const readings = Object.entries(bytes).map(([name, rxBytes]) => ({
    ...InterfaceCounters.decode(new Uint8Array()),
    ...{ timeMs: clock.nowMs(), router: ROUTER, source: CounterSource.ROUTEROS_API, interface: name },
    ...{ rxBytes: BigInt(rxBytes), txBytes: 0n, running: true },
  }));
  return { topic, key: ROUTER, value: encodeFrames(codec, readings) };
}

/** What the collector reads of the router every second. */
function stateRecord(mark: string): NewRecord {
  const { name: topic, codec } = topics.routerState;
  const rule = {
    ...SteeringRule.decode(new Uint8Array()),
    ...{ comment: 'Load-Balancing here', action: 'mark-routing', newRoutingMark: mark },
  };
  const state = {
    ...RouterState.decode(new Uint8Array()),
    ...{ timeMs: clock.nowMs(), router: ROUTER, reachable: true, steeringRules: [rule] },
  };
  return { topic, key: ROUTER, value: encodeFrames(codec, [state]) };
}
