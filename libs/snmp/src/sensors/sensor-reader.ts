import type { AdaptiveSize } from '../adaptive-size.ts';
import { SnmpError } from '../errors.ts';
import { isUnder } from '../oid.ts';
import type { SnmpSession } from '../session.ts';
import { type AgentFault, walkTable } from '../walk.ts';
import { entitySensorTable } from './entity-sensors.ts';
import { hostResourceTables } from './host-resources.ts';
import { mikrotikScalars, mikrotikTables } from './mikrotik.ts';
import type { Sensor } from './sensor.ts';
import { type SensorTable, toSensor } from './sensor-table.ts';

export interface SensorReaderOptions {
  /** Values asked for at once, shared with whatever else asks this agent. */
  readonly repetitions: AdaptiveSize;
  onFault?(fault: AgentFault): void;
}

export interface SensorReader {
  /**
   * Reads one part of the sensors: the scalars, or one table. Between two parts other questions can be asked, so that the
   * sensors of a slow agent delay no counters.
   */
  readPart(withinMs: number): Promise<SensorPart>;
}

export interface SensorPart {
  readonly sensors: readonly Sensor[];
  /** This was the last part; the next one is the first again. */
  readonly done: boolean;
  /** Why this part has no sensors: the agent does not answer it. */
  readonly error?: SnmpError;
}

const tables: readonly SensorTable[] = [...hostResourceTables, ...mikrotikTables, entitySensorTable];
const MAX_SENSOR_ROWS = 1_000;
/** Scalars asked for at once. */
const SCALARS_AT_ONCE = 21;

/** Reads what an agent has of processors, memory, health, optics, power over Ethernet, modems and radios. */
export function createSensorReader(
  session: SnmpSession,
  { repetitions, onFault }: SensorReaderOptions,
): SensorReader {
  let parts: ((remainingMs: () => number) => Promise<readonly Sensor[]>)[] = [];

  /** Which tables have a row: GETBULKs of one row each, of as many tables as the agent answers for at once. */
  async function findTables(remainingMs: () => number): Promise<readonly Sensor[]> {
    let open = [...tables];
    while (open.length > 0) {
      const entries = open.map(({ entry }) => entry);
      const bindings = await session.getBulk(entries, { maxRepetitions: 1, withinMs: remainingMs() });
      for (const [i, { oid, value }] of bindings.slice(0, open.length).entries()) {
        const table = open[i];
        if (!table || value === undefined || !isUnder(table.entry, oid)) continue;
        parts.push((left) => readTable(table, left));
      }
      open = open.slice(Math.max(1, bindings.length));
    }
    return [];
  }

  async function readScalars(remainingMs: () => number): Promise<readonly Sensor[]> {
    const sensors: Sensor[] = [];
    const all = Object.entries(mikrotikScalars);
    for (let at = 0; at < all.length; at += SCALARS_AT_ONCE) {
      const some = all.slice(at, at + SCALARS_AT_ONCE);
      const bindings = await session.get(
        some.map(([oid]) => oid),
        { withinMs: remainingMs() },
      );
      some.forEach(([oid, [name, column]], i) => {
        const sensor = toSensor(column, bindings[i]?.value, oid, name);
        if (sensor) sensors.push(sensor);
      });
    }
    return sensors;
  }

  async function readTable(
    { columns, toSensors }: SensorTable,
    remainingMs: () => number,
  ): Promise<readonly Sensor[]> {
    const rows = await walkTable(session, columns, {
      repetitions,
      remainingMs,
      maxRows: MAX_SENSOR_ROWS,
      ...(onFault && { onFault }),
    });
    return [...rows].flatMap(([index, row]) => toSensors(index, row));
  }

  return {
    async readPart(withinMs) {
      const endsAtMs = performance.now() + withinMs;
      if (parts.length === 0) parts = [findTables, readScalars];
      const part = parts.shift();
      try {
        const sensors = part ? await part(() => Math.max(1, endsAtMs - performance.now())) : [];
        return { sensors, done: parts.length === 0 };
      } catch (error) {
        if (!(error instanceof SnmpError)) throw error;
        return { sensors: [], done: parts.length === 0, error };
      }
    },
  };
}

/** All sensors of an agent at once, and the first reason why some of them are not there. */
export async function readAllSensors(
  session: SnmpSession,
  options: SensorReaderOptions,
  withinMs: number,
): Promise<Omit<SensorPart, 'done'>> {
  const reader = createSensorReader(session, options);
  const endsAtMs = performance.now() + withinMs;
  const sensors: Sensor[] = [];
  let error: SnmpError | undefined;
  for (let done = false; !done;) {
    const leftMs = endsAtMs - performance.now();
    if (leftMs <= 0) {
      error ??= new SnmpError('timeout', 'the sensors took longer than they may');
      break;
    }
    const part = await reader.readPart(leftMs);
    sensors.push(...part.sensors);
    error ??= part.error;
    done = part.done;
  }
  return { sensors, ...(error && { error }) };
}
