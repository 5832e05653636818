import { join } from 'node:path';
import { createClickhouseWriter } from '@fairlead/clickhouse-writer';
import type { EventLog, PartitionInfo } from '@fairlead/event-log';
import { createFlowDecoder, type FlowReplayTotals, type RawRange, replayFlows } from '@fairlead/flow-decoder';
import { fixedInventory, systemClock } from '@fairlead/model';
import { type Component, createTelemetry, pause } from '@fairlead/runtime';
import { createChdbStore, type TelemetryStore } from '@fairlead/telemetry-store';
import { topics } from '@fairlead/topics';
import { openEventLog } from '../compose.ts';
import type { FairleadConfig } from '../config.ts';
import { locateConfig } from '../data-directory.ts';
import { exitCodes, UsageError } from '../exit.ts';
import { findOffset } from '../records/read-raw-datagrams.ts';
import { refuseIfRunning } from '../run-file.ts';
import type { ReplayOptions } from './replay.ts';

/** A set waits for its template for half an hour at most, so flows of the window come no later than that behind it. */
const TEMPLATE_WITHIN_MS = 1_800_000;
const DRAIN_WITHIN_MS = 600_000;
const LOOK_EVERY_MS = 100;

/**
 * `fairlead replay raw.netflow --since … --write`: the flows that the store has of a window give way to what this version
 * makes of the datagrams of that window (docs/adr/0012-replay-into-the-store.md). The pipeline stands still meanwhile, and
 * whatever it left undone is done first, so that no flow of the window is stored behind our back.
 */
export async function replaceStoredFlows(options: ReplayOptions): Promise<number> {
  const config = await locateConfig(options);
  if (config.eventLog.kind !== 'embedded' || config.store.kind !== 'embedded') {
    throw new UsageError('--write needs the embedded log and the embedded store');
  }
  await refuseIfRunning(config.dataDirectory);
  const telemetry = createTelemetry({ level: 'warn' });
  const log = await openEventLog(config, telemetry);
  try {
    // As long as the store is open here, no pipeline can start on it.
    const store = await createChdbStore({ directory: join(config.dataDirectory, 'store') });
    try {
      await store.migrate();
      const window = {
        topic: topics.flows.name,
        sinceMs: options.since,
        untilMs: options.until ?? systemClock.nowMs(),
      };
      const partitions = await log.partitions(topics.rawNetflow.name);
      await refuseWhatIsCutOff(log, partitions, window.sinceMs);
      await finishWork(config, log, store);
      const ranges = await findRanges(log, partitions, window.sinceMs, window.untilMs);
      let totals: FlowReplayTotals = { flows: 0, impossibleFlows: 0, brokenRecords: 0 };
      const values = replayFlows(
        config.flowDecoder,
        { log, inventory: fixedInventory(config.routers), telemetry },
        { ranges, ...window, onTotals: (all) => (totals = all) },
      );
      const rows = await store.replaceWindow(window, values, options.dryRun);
      process.stderr.write(
        `${JSON.stringify({
          since: new Date(window.sinceMs).toISOString(),
          until: new Date(window.untilMs).toISOString(),
          rowsBefore: rows.before,
          rowsAfter: rows.after,
          impossibleFlows: totals.impossibleFlows,
          brokenRecords: totals.brokenRecords,
          written: !options.dryRun,
        })}\n`,
      );
      return exitCodes.ok;
    } finally {
      await store.close();
    }
  } finally {
    await log.close();
  }
}

/**
 * Rows whose datagrams retention has cut off could not be made again.
 * @throws Error naming the earliest moment that can
 */
async function refuseWhatIsCutOff(
  log: EventLog,
  partitions: readonly PartitionInfo[],
  sinceMs: number,
): Promise<void> {
  for (const { topic, partition, firstOffset, nextOffset } of partitions) {
    if (firstOffset === 0) continue;
    const [first] = firstOffset < nextOffset ? await log.read(topic, partition, firstOffset, 1) : [];
    // What was cut off is older than what is left, or than the retention where nothing is.
    const earliestMs = (first?.timestampMs ?? systemClock.nowMs() - topics.rawNetflow.retentionMs) + 1;
    if (sinceMs >= earliestMs) continue;
    throw new Error(
      `raw.netflow holds no longer what came before ${new Date(earliestMs).toISOString()}; those flows cannot be made again`,
    );
  }
}

/** The records that were appended from the window's begin on until no set of the window waits any more. */
async function findRanges(
  log: EventLog,
  partitions: readonly PartitionInfo[],
  sinceMs: number,
  untilMs: number,
): Promise<RawRange[]> {
  const ranges: RawRange[] = [];
  for (const each of partitions) {
    ranges.push({
      partition: each.partition,
      fromOffset: await findOffset(log, each, sinceMs),
      endOffset: await findOffset(log, each, untilMs + TEMPLATE_WITHIN_MS),
    });
  }
  return ranges;
}

/** Decodes and stores what the pipeline had not when it stopped, by the services that do so in the pipeline. */
async function finishWork(config: FairleadConfig, log: EventLog, store: TelemetryStore): Promise<void> {
  const telemetry = createTelemetry({ level: 'warn' });
  const deps = { log, inventory: fixedInventory(config.routers), clock: systemClock, telemetry };
  await log.ensureTopics(Object.values(topics));
  await runUntilDone(
    createFlowDecoder(config.flowDecoder, deps),
    log,
    'flow-decoder',
    topics.rawNetflow.name,
  );
  const writer = createClickhouseWriter(config.writer, { ...deps, store });
  await runUntilDone(writer, log, 'clickhouse-writer', topics.flows.name);
}

async function runUntilDone(
  component: Component,
  log: EventLog,
  group: string,
  topic: string,
): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + DRAIN_WITHIN_MS;
  await component.start();
  try {
    while (!(await isDone(log, group, topic))) {
      if (systemClock.monotonicMs() > deadlineMs) {
        throw new Error(`${group} is not through with ${topic} after ${DRAIN_WITHIN_MS / 60_000} minutes`);
      }
      await pause(LOOK_EVERY_MS);
    }
  } finally {
    await component.stop();
  }
}

async function isDone(log: EventLog, group: string, topic: string): Promise<boolean> {
  const [partitions, committed] = [await log.partitions(topic), await log.committed(group, topic)];
  return partitions.every(
    ({ partition, firstOffset, nextOffset }) =>
      nextOffset === firstOffset || (committed.get(partition) ?? 0) >= nextOffset,
  );
}
