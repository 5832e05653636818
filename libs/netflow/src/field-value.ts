import { addressFromBytes } from '@fairlead/model';
import { type ElementType, type InformationElement, informationElements } from './information-elements.ts';
import { ntpUnixSeconds } from './ntp-time.ts';
import type { TemplateField } from './template.ts';

/**
 * A value by the abstract data type of its element: numbers, with 64 bits a bigint; addresses, MAC addresses, text and
 * times (ISO 8601, as exact as the type) as strings; everything else, and what does not fit its type, as hexadecimal.
 */
export type FieldValue = string | number | bigint | boolean;

/** Enterprise number of the reverse direction of a biflow (RFC 5103 section 6.1). */
const REVERSE_ENTERPRISE = 29_305;

const utf8 = new TextDecoder();

/** The element that a field is, or undefined when the registry does not know it. */
export function elementOf({ type, enterprise, name }: TemplateField): InformationElement | undefined {
  if (name !== undefined) return undefined;
  if (enterprise === undefined) return informationElements.get(type);
  const forward = enterprise === REVERSE_ENTERPRISE ? informationElements.get(type) : undefined;
  return forward && { ...forward, name: `reverse${capitalised(forward.name)}` };
}

/** IANA's name; `reverse…` for the other direction of a biflow; by number what nobody has named. */
export function fieldName(field: TemplateField): string {
  const { type, enterprise, name } = field;
  const byNumber = enterprise === undefined ? `element_${type}` : `element_${enterprise}_${type}`;
  return name ?? elementOf(field)?.name ?? byNumber;
}

/** @param type undefined for an element that is not known */
export function fieldValue(bytes: Uint8Array, type: ElementType | undefined): FieldValue {
  return (type && typedValue(bytes, type)) ?? hex(bytes);
}

function typedValue(bytes: Uint8Array, type: ElementType): FieldValue | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (type) {
    case 'unsigned8':
    case 'unsigned16':
    case 'unsigned32':
      return isInteger(bytes) ? narrow(unsigned(bytes)) : undefined;
    case 'unsigned64':
      return isInteger(bytes) ? unsigned(bytes) : undefined;
    case 'signed32':
      return isInteger(bytes) ? narrow(BigInt.asIntN(bytes.length * 8, unsigned(bytes))) : undefined;
    case 'float64':
      if (bytes.length === 8) return view.getFloat64(0);
      return bytes.length === 4 ? view.getFloat32(0) : undefined;
    case 'boolean':
      return bytes.length === 1 && (bytes[0] === 1 || bytes[0] === 2) ? bytes[0] === 1 : undefined;
    case 'ipv4Address':
      return bytes.length === 4 ? bytes.join('.') : undefined;
    case 'ipv6Address':
      return bytes.length === 16 ? ipv6Text(bytes) : undefined;
    case 'macAddress':
      return bytes.length === 6
        ? [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
        : undefined;
    case 'string':
      return withoutTrailingZeros(utf8.decode(bytes));
    case 'dateTimeSeconds':
      return isInteger(bytes) ? isoTime(unsigned(bytes), '') : undefined;
    case 'dateTimeMilliseconds':
      return isInteger(bytes) ? isoMilliseconds(unsigned(bytes)) : undefined;
    case 'dateTimeMicroseconds':
      return bytes.length === 8 ? isoNtp(view, 6) : undefined;
    case 'dateTimeNanoseconds':
      return bytes.length === 8 ? isoNtp(view, 9) : undefined;
    default:
      return undefined;
  }
}

const isInteger = ({ length }: Uint8Array): boolean => length > 0 && length <= 8;

const unsigned = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes)}`);

/** A number where it is exact; a field may be longer than its type. */
const narrow = (value: bigint): number | bigint =>
  value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER ? Number(value) : value;

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

function withoutTrailingZeros(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 0) end -= 1;
  return text.slice(0, end);
}

/** An IPv4 address in an IPv6 field stays one of IPv6. */
const ipv6Text = (bytes: Uint8Array): string => {
  const text = addressFromBytes(bytes);
  return text.includes(':') ? text : `::ffff:${text}`;
};

/** @returns undefined for a time that no calendar has */
function isoTime(unixSeconds: bigint, fraction: string): string | undefined {
  const date = new Date(Number(unixSeconds) * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  return `${date.toISOString().slice(0, -5)}${fraction}Z`;
}

const isoMilliseconds = (unixMs: bigint): string | undefined =>
  isoTime(unixMs / 1000n, `.${String(unixMs % 1000n).padStart(3, '0')}`);

function isoNtp(view: DataView, digits: number): string | undefined {
  const seconds = view.getUint32(0);
  const fraction = ((view.getBigUint64(0) & 0xffff_ffffn) * 10n ** BigInt(digits)) >> 32n;
  return isoTime(BigInt(ntpUnixSeconds(seconds)), `.${String(fraction).padStart(digits, '0')}`);
}

const capitalised = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1);
