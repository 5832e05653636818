import type { Oid } from '../oid.ts';
import { readText } from '../text.ts';
import type { SnmpValue } from '../var-bind.ts';
import { scale, type Sensor, signedNumber, unsignedNumber } from './sensor.ts';

export type SensorRow = Readonly<Partial<Record<string, SnmpValue>>>;

/** A table that holds sensors, and how its rows are read. */
export interface SensorTable {
  readonly name: string;
  readonly columns: Readonly<Record<string, Oid>>;
  /** What every instance of the table lies under: an agent may leave out any of the columns. */
  readonly entry: Oid;
  toSensors(index: string, row: SensorRow): Sensor[];
}

/** A column whose value is a sensor. */
export interface SensorColumn {
  readonly metric: string;
  readonly divisor?: number;
  readonly multiplier?: number;
  /** What the numbers mean. */
  readonly states?: Readonly<Record<number, string>>;
  /** A number that says that there is no value. */
  readonly absent?: number;
  /** It cannot be negative, so that 32 bits hold up to 2^32 - 1. */
  readonly isUnsigned?: boolean;
}

/**
 * A table of which each of some columns is a sensor of its row.
 * @param naming the column with the name of the row; the index where it is empty
 */
export function sensorTable(
  name: string,
  entry: Oid,
  {
    naming,
    isInterface,
    sensors,
  }: {
    readonly naming?: number;
    /** The index is an ifIndex. */
    readonly isInterface: boolean;
    readonly sensors: Readonly<Record<number, SensorColumn>>;
  },
): SensorTable {
  const numbers = Object.keys(sensors);
  const all = naming === undefined ? numbers : [String(naming), ...numbers];
  return {
    name,
    columns: Object.fromEntries(all.map((column) => [column, `${entry}.${column}`])),
    entry,
    toSensors(index, row) {
      const label = (naming === undefined ? undefined : readText(row[naming])) || index;
      return Object.entries(sensors).flatMap(([column, sensor]) => {
        const reading = toSensor(sensor, row[column], `${entry}.${column}.${index}`, label);
        if (!reading) return [];
        return [isInterface ? { ...reading, ifIndex: Number(index) } : reading];
      });
    },
  };
}

export function toSensor(
  { metric, divisor = 1, multiplier = 1, states, absent, isUnsigned = false }: SensorColumn,
  value: SnmpValue | undefined,
  oid: Oid,
  sensor: string,
): Sensor | undefined {
  const number = isUnsigned ? unsignedNumber(value) : signedNumber(value);
  if (number === undefined || number === absent) return undefined;
  const state = states?.[number];
  return {
    metric,
    sensor,
    value: scale(number * multiplier, divisor),
    ...(state !== undefined && { state }),
    oid,
  };
}
