import { pino, type DestinationStream, type Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Component } from './component.ts';
import { readableLogLine } from './log-line.ts';

/** Logs, metrics and health of a process. */
export interface Telemetry {
  readonly log: Logger;
  readonly registry: Registry;
  /** Says how a part is; `reason` explains what is not well. A part is well until it says otherwise. */
  setHealth(part: string, healthy: boolean, reason?: string): void;
  /** Healthy only when every part is. */
  health(): { readonly healthy: boolean; readonly parts: Readonly<Record<string, string>> };
  readonly component: Component;
}

export interface TelemetryOptions {
  readonly level?: string;
  /** Where log lines go; standard error unless given, where they are readable text if it is a terminal. */
  readonly destination?: DestinationStream;
  /** Metrics of the Node.js process itself. */
  readonly processMetrics?: boolean;
}

const terminal: DestinationStream = {
  write: (line) => void process.stderr.write(readableLogLine(line)),
};

export function createTelemetry(options: TelemetryOptions = {}): Telemetry {
  const log = pino(
    { level: options.level ?? 'info', base: null, timestamp: pino.stdTimeFunctions.isoTime },
    options.destination ?? (process.stderr.isTTY ? terminal : pino.destination({ fd: 2, sync: true })),
  );
  const registry = new Registry();
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });
  const unwell = new Map<string, string>();
  const known = new Set<string>();
  return {
    log,
    registry,
    setHealth(part, healthy, reason = 'not healthy') {
      known.add(part);
      if (healthy) unwell.delete(part);
      else unwell.set(part, reason);
    },
    health: () => ({
      healthy: unwell.size === 0,
      parts: Object.fromEntries([...known].map((part) => [part, unwell.get(part) ?? 'ok'])),
    }),
    component: {
      name: 'telemetry',
      start: async () => undefined,
      stop: async () => log.flush(),
    },
  };
}
