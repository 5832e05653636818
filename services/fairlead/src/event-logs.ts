import { join } from 'node:path';
import {
  createEmbeddedLog,
  createKafkaLog,
  type EventLog,
  type InspectableLog,
  withLagMetric,
} from '@fairlead/event-log';
import { createSpooledLog } from '@fairlead/log-spool';
import type { Component, Telemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { type AwaitedLog, awaitLog, presentLog } from './awaited-log.ts';
import type { FairleadConfig } from './config.ts';
import { kafkaOptions } from './event-log-config.ts';
import { type CollectorName, collectorNames, type ServiceName } from './services.ts';

/** The event logs of one process. */
export interface EventLogs {
  /** The log that services read from and append to; it may not be open yet. */
  readonly main: AwaitedLog;
  /** The process has collectors only, with spools, so it needs nothing of `main`. */
  readonly isForCollectorsOnly: boolean;
  /** The log of a collector that has a spool before it, and so waits for nothing. */
  spooled(service: CollectorName): EventLog | undefined;
  /** Closes all of them. */
  readonly component: Component;
}

/**
 * Opens the event logs of a process and makes the topics. Kafka may be away then, and is waited for. With a spool each
 * collector has a connection of its own, whose appends have no deadline; a process of collectors only has no other.
 */
export async function openEventLogs(
  config: FairleadConfig,
  services: ReadonlySet<ServiceName>,
  telemetry: Telemetry,
): Promise<EventLogs> {
  const spooled = new Map<ServiceName, EventLog>();
  await Promise.all(
    collectorNames.map(async (service) => {
      const log = services.has(service) ? await openSpooled(config, service, telemetry) : undefined;
      if (log) spooled.set(service, log);
    }),
  );
  const [anySpooled] = spooled.values();
  const isForCollectorsOnly = anySpooled !== undefined && spooled.size === services.size;
  const main = isForCollectorsOnly ? presentLog(anySpooled) : await openMain(config, telemetry);
  return {
    main,
    isForCollectorsOnly,
    spooled: (service) => spooled.get(service),
    component: {
      name: 'event-log',
      start: async () => undefined,
      async stop() {
        await Promise.all([...spooled.values(), main.log].map((log) => log.close()));
      },
    },
  };
}

async function openSpooled(
  config: FairleadConfig,
  service: CollectorName,
  telemetry: Telemetry,
): Promise<EventLog | undefined> {
  const { eventLog } = config;
  if (eventLog.kind !== 'kafka' || eventLog.spool === false) return undefined;
  const log = await createSpooledLog({
    ...eventLog.spool,
    service,
    directory: join(config.dataDirectory, 'spool', service),
    telemetry,
    open: () =>
      createKafkaLog({
        ...kafkaOptions(eventLog),
        appendDeadlineMs: Number.POSITIVE_INFINITY,
        logger: telemetry.log.child({ service: 'kafka' }),
      }),
  });
  await log.ensureTopics(Object.values(topics));
  return log;
}

async function openMain(config: FairleadConfig, telemetry: Telemetry): Promise<AwaitedLog> {
  const open = (): Promise<EventLog> => openWithTopics(config, telemetry);
  return config.eventLog.kind === 'kafka' ? awaitLog(open, telemetry) : presentLog(await open());
}

async function openWithTopics(config: FairleadConfig, telemetry: Telemetry): Promise<EventLog> {
  const log = await openEventLog(config, telemetry);
  try {
    await log.ensureTopics(Object.values(topics));
    for (const { name, differences } of await log.compareTopics(Object.values(topics))) {
      if (differences.length === 0) continue;
      telemetry.log.warn({ topic: name, differences }, 'a topic is not as it should be');
    }
  } catch (error) {
    await log.close();
    throw error;
  }
  return withLagMetric(log, telemetry.registry);
}

export function openEventLog(config: FairleadConfig, telemetry: Telemetry): Promise<InspectableLog> {
  if (config.eventLog.kind === 'kafka') {
    return createKafkaLog({
      ...kafkaOptions(config.eventLog),
      logger: telemetry.log.child({ service: 'kafka' }),
    });
  }
  return createEmbeddedLog({
    directory: join(config.dataDirectory, 'log'),
    logger: telemetry.log.child({ service: 'event-log' }),
  });
}
