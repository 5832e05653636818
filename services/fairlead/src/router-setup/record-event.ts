import {
  encodeFrames,
  type EventKind,
  type Router,
  routerEvent,
  Severity,
  systemClock,
} from '@fairlead/model';
import { createTelemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { mkdir } from 'node:fs/promises';
import { openEventLog } from '../compose.ts';
import type { FairleadConfig } from '../config.ts';

/** Appends an event about a router's set-up to the log. A log that cannot be reached is said, and is no reason to fail. */
export async function recordEvent(
  config: FairleadConfig,
  router: Router,
  kind: EventKind,
  message: string,
): Promise<void> {
  const event = routerEvent(router, {
    timeMs: systemClock.nowMs(),
    kind,
    severity: kind === 'setup-failed' ? Severity.ERROR : Severity.INFO,
    message,
  });
  try {
    await mkdir(config.dataDirectory, { recursive: true });
    const log = await openEventLog(config, createTelemetry({ level: 'silent' }));
    try {
      await log.ensureTopics([topics.wanEvents]);
      const { name, codec } = topics.wanEvents;
      await log.append([{ topic: name, key: router.name, value: encodeFrames(codec, [event]) }]);
    } finally {
      await log.close();
    }
  } catch (error) {
    process.stderr.write(
      `fairlead: not recorded in the event log: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
}
