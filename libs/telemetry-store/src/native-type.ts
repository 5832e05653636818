/** How the values of a ClickHouse type lie in a block of the format Native. */
export type NativeType =
  | { readonly kind: 'fixed'; readonly bytes: number }
  | { readonly kind: 'text' }
  | { readonly kind: 'nullable' | 'array' | 'dictionary'; readonly of: NativeType }
  | { readonly kind: 'tuple'; readonly of: readonly NativeType[] };

const FIXED_BYTES: Readonly<Record<string, number>> = {
  ...{ Nothing: 1, Bool: 1, UInt8: 1, Int8: 1, Enum8: 1 },
  ...{ UInt16: 2, Int16: 2, Date: 2, Enum16: 2, BFloat16: 2 },
  ...{ UInt32: 4, Int32: 4, Float32: 4, Date32: 4, DateTime: 4, Time: 4, IPv4: 4, Decimal32: 4 },
  ...{ UInt64: 8, Int64: 8, Float64: 8, DateTime64: 8, Time64: 8, Decimal64: 8 },
  ...{ UInt128: 16, Int128: 16, UUID: 16, IPv6: 16, Decimal128: 16 },
  ...{ UInt256: 32, Int256: 32, Decimal256: 32 },
};

/** Undefined for a type whose values have no length that its name tells. */
export function readNativeType(text: string): NativeType | undefined {
  const [, name = '', inner = ''] = /^([A-Za-z0-9]+)(?:\(([^]*)\))?$/.exec(text.trim()) ?? [];
  const bytes = FIXED_BYTES[name] ?? (name.startsWith('Interval') ? 8 : undefined);
  if (bytes !== undefined) return { kind: 'fixed', bytes };
  const [first = '', second = ''] = splitArguments(inner);
  switch (name) {
    case 'String':
      return { kind: 'text' };
    case 'FixedString':
      return { kind: 'fixed', bytes: Number(first) };
    case 'Decimal':
      return { kind: 'fixed', bytes: decimalBytes(Number(first)) };
    case 'Nullable':
      return wrap('nullable', readNativeType(first));
    case 'Array':
      return wrap('array', readNativeType(first));
    case 'LowCardinality':
      // Its keys have one that stands for NULL, and no marks.
      return wrap('dictionary', readNativeType(first.replace(/^Nullable\(([^]*)\)$/, '$1')));
    case 'SimpleAggregateFunction':
      return readNativeType(second);
    case 'Map':
    case 'Nested':
      return wrap('array', readTuple(inner));
    case 'Tuple':
      return readTuple(inner);
    default:
      return undefined;
  }
}

function wrap(kind: 'nullable' | 'array' | 'dictionary', of: NativeType | undefined): NativeType | undefined {
  return of && { kind, of };
}

/** Elements with or without names. */
function readTuple(inner: string): NativeType | undefined {
  const of: NativeType[] = [];
  for (const element of splitArguments(inner)) {
    const type = readNativeType(element) ?? readNativeType(element.replace(/^(?:`[^`]*`|\w+)\s+/, ''));
    if (!type) return undefined;
    of.push(type);
  }
  return { kind: 'tuple', of };
}

/** At commas outside of brackets and quotes. */
function splitArguments(inner: string): string[] {
  const parts = inner.match(/(?:'(?:\\.|[^'\\])*'|`[^`]*`|[^(),'`])+|[(),]/g) ?? [];
  const found: string[] = [];
  let [depth, current] = [0, ''];
  for (const part of parts) {
    if (part === ',' && depth === 0) {
      found.push(current.trim());
      current = '';
      continue;
    }
    if (part === '(') depth += 1;
    if (part === ')') depth -= 1;
    current += part;
  }
  return current.trim() === '' ? found : [...found, current.trim()];
}

function decimalBytes(precision: number): number {
  if (precision <= 9) return 4;
  if (precision <= 18) return 8;
  return precision <= 38 ? 16 : 32;
}
