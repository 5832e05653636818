import type { Clock, SensorReading } from '@fairlead/model';
import {
  type AgentFault,
  createAdaptiveSize,
  createInterfacePoller,
  createSensorReader,
  type InterfacePoller,
  type Sensor,
  type SnmpError,
  type SnmpTransport,
} from '@fairlead/snmp';
import { agentAccess, type SnmpRouter } from './agent-access.ts';
import type { SnmpCollectorConfig } from './config.ts';

/** What is kept of a router between two polls: what it answered, and how much it can be asked for at once. */
export interface Connection {
  readonly poller: InterfacePoller;
  /**
   * Goes on with the sensors, where they are due, as long as there is time. Returns all of them when the last one is read.
   * @param remainingMs time until the next poll of the counters, which nothing may delay
   */
  readSensors(remainingMs: () => number): Promise<readonly SensorReading[] | undefined>;
  close(): void;
}

export interface ConnectionDeps {
  readonly transport: SnmpTransport;
  readonly clock: Clock;
  onFault(fault: AgentFault): void;
  /** A part of the sensors that the agent did not answer. */
  onSensorError(error: SnmpError): void;
}

/** No part of the sensors is begun with less time than this. */
const LEAST_MS = 100;

export function connect(
  router: SnmpRouter,
  config: SnmpCollectorConfig,
  { transport, clock, onFault, onSensorError }: ConnectionDeps,
): Connection {
  const { snmp, wans } = router;
  const session = transport.openSession(agentAccess(router, config.retries));
  const repetitions = createAdaptiveSize({
    first: Math.min(FIRST_REPETITIONS, config.maxRepetitions),
    max: config.maxRepetitions,
  });
  const wanted = [...new Set(wans.map((wan) => wan.interface))];
  const reader = createSensorReader(session, { repetitions, onFault });
  let dueAtMs = clock.monotonicMs();
  let collected: SensorReading[] = [];
  const keep = (sensors: readonly Sensor[]): void => {
    const timeMs = clock.nowMs();
    for (const sensor of sensors) {
      collected.push({ timeMs, router: router.name, state: undefined, ifIndex: undefined, ...sensor });
    }
  };

  return {
    poller: createInterfacePoller(session, { clock, wanted, repetitions, onFault }),
    async readSensors(remainingMs) {
      while (clock.monotonicMs() >= dueAtMs && remainingMs() >= LEAST_MS) {
        const { sensors, done, error } = await reader.readPart(remainingMs());
        keep(sensors);
        if (error) onSensorError(error);
        if (!done) continue;
        dueAtMs = clock.monotonicMs() + snmp.sensorIntervalMs;
        const all = collected;
        collected = [];
        return all;
      }
      return undefined;
    },
    close: () => session.close(),
  };
}

/** Values in one GETBULK at first. */
const FIRST_REPETITIONS = 10;
