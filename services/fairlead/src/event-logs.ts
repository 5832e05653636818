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
import type { FairleadConfig } from './config.ts';
import { kafkaOptions } from './event-log-config.ts';
import { type CollectorName, collectorNames, type ServiceName } from './services.ts';

/** The event logs of one process. */
export interface EventLogs {
  /** The log that services read from and append to. */
  readonly main: EventLog;
  /** The process has collectors only, with spools, so `main` may be away for long. */
  readonly isForCollectorsOnly: boolean;
  /** The log that a collector appends to: with a spool before it where the configuration has one. */
  collectorLog(service: CollectorName): EventLog;
  /** Closes all of them. */
  readonly component: Component;
}

/**
 * Opens the event logs of a process and makes the topics. With a spool each collector has a connection to Kafka of its own,
 * whose appends have no deadline; a process of collectors only has no other, so it starts while Kafka is away.
 */
export async function openEventLogs(
  config: FairleadConfig,
  services: ReadonlySet<ServiceName>,
  telemetry: Telemetry,
): Promise<EventLogs> {
  const spooled = new Map<ServiceName, EventLog>();
  for (const service of collectorNames) {
    const log = services.has(service) ? await openSpooled(config, service, telemetry) : undefined;
    if (log) spooled.set(service, log);
  }
  const isSpoolEnough = spooled.size > 0 && spooled.size === services.size;
  const own = isSpoolEnough ? undefined : await openMain(config, telemetry);
  const [anySpooled] = spooled.values();
  const main = own ?? anySpooled;
  if (!main) throw new Error('a process has at least one service');
  return {
    main,
    isForCollectorsOnly: own === undefined,
    collectorLog: (service) => spooled.get(service) ?? main,
    component: {
      name: 'event-log',
      start: async () => undefined,
      async stop() {
        await Promise.all([...spooled.values(), ...(own ? [own] : [])].map((log) => log.close()));
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

async function openMain(config: FairleadConfig, telemetry: Telemetry): Promise<EventLog> {
  const log = withLagMetric(await openEventLog(config, telemetry), telemetry.registry);
  await log.ensureTopics(Object.values(topics));
  for (const { name, differences } of await log.compareTopics(Object.values(topics))) {
    if (differences.length === 0) continue;
    telemetry.log.warn({ topic: name, differences }, 'a topic is not as it should be');
  }
  return log;
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
