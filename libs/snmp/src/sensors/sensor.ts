import type { Oid } from '../oid.ts';
import type { SnmpValue } from '../var-bind.ts';

/** One reading, in the unit that its metric ends with. */
export interface Sensor {
  /** `temperature_celsius`, `optical_rx_dbm`, `memory_used_bytes`, … */
  readonly metric: string;
  /** Name that the device gives it, or its number. */
  readonly sensor: string;
  readonly value: number;
  /** What a state means, in the words of the MIB. */
  readonly state?: string | undefined;
  readonly ifIndex?: number | undefined;
  /** The instance that was read. */
  readonly oid: Oid;
}

/** A number, whatever its sign in its type: a Gauge32 above 2^31 is a negative temperature that the agent wrote as it is. */
export function signedNumber(value: SnmpValue | undefined): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return value > 0x7f_ff_ff_ff && value <= 0xff_ff_ff_ff ? value - 2 ** 32 : value;
}

/** A count, of which agents write as a negative Integer32 what is above 2^31 (hrStorage of large disks). */
export function unsignedNumber(value: SnmpValue | undefined): number | undefined {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return value < 0 ? value + 2 ** 32 : value;
}

/** Divides without the noise of binary fractions: 243 / 10 is 24.3. */
export function scale(value: number, divisor: number): number {
  return Number((value / divisor).toPrecision(12));
}
