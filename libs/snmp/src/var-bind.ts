import snmp from 'net-snmp';
import { SnmpError } from './errors.ts';
import type { Oid } from './oid.ts';

const { ObjectType } = snmp;

/** A value as it was read: counters of 64 bits as bigint, all other numbers as number, texts and addresses as bytes. */
export type SnmpValue = number | bigint | Uint8Array | string | null;

export interface VarBind {
  readonly oid: Oid;
  /** Undefined for noSuchObject, noSuchInstance and endOfMibView (RFC 3416 section 3): the agent has no such value. */
  readonly value: SnmpValue | undefined;
}

/** @throws SnmpError `malformed` when the value is not of its type */
export function toVarBind({ oid, type, value }: snmp.Varbind): VarBind {
  switch (type) {
    case ObjectType.NoSuchObject:
    case ObjectType.NoSuchInstance:
    case ObjectType.EndOfMibView:
      return { oid, value: undefined };
    case ObjectType.Counter64:
      return { oid, value: counter64(oid, value) };
    default:
      if (
        value === null ||
        typeof value === 'number' ||
        typeof value === 'string' ||
        value instanceof Uint8Array
      ) {
        return { oid, value };
      }
      return { oid, value: null };
  }
}

/** net-snmp leaves a Counter64 as its BER content: 1 to 9 bytes, two's complement, of which 9 begin with a zero. */
function counter64(oid: Oid, value: unknown): bigint {
  if (!(value instanceof Uint8Array) || value.length === 0 || value.length > 9) {
    throw new SnmpError('malformed', `${oid}: not a Counter64`);
  }
  let number = 0n;
  for (const byte of value) number = (number << 8n) | BigInt(byte);
  return BigInt.asUintN(64, number);
}
