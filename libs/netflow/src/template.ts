import {
  type AddressField,
  compileAddress,
  compileFlowNumber,
  compileNote,
  compileScope,
  type NumberField,
} from './record-fields.ts';

/** One field as a template announces it. */
export interface TemplateField {
  readonly type: number;
  /** Bytes in a record, or VARIABLE_LENGTH. */
  readonly lengthBytes: number;
  /** Private enterprise number of the field's owner; IANA's when there is none. */
  readonly enterprise?: number;
  /** Where `type` is no information element: a scope of v9, a field of v7. */
  readonly name?: string;
}

/** A length that the record itself tells (RFC 7011 section 7). No record of v9 could have it as its length. */
export const VARIABLE_LENGTH = 65_535;

/**
 * Fields of known length in a row, some of which we read. Before every run but the first stand fields of variable length:
 * one, or several with fields between them that nobody reads.
 */
export interface Run {
  /** Bytes behind each of those fields of variable length but the last one. */
  readonly gaps: readonly number[];
  readonly bytes: number;
  readonly numbers: readonly NumberField[];
  readonly addresses: readonly AddressField[];
  readonly notes: readonly NumberField[];
  next: Run | undefined;
}

/** A template made ready: where each field stands that we use. */
export interface Template {
  readonly id: number;
  readonly kind: 'data' | 'options';
  /** Of options data the scope comes first. */
  readonly fields: readonly TemplateField[];
  readonly scopeCount: number;
  /** Bytes of one record, of the shortest where there are variable lengths; greater than 0. */
  readonly recordBytes: number;
  /** 4 or 6 where the address fields leave no choice, otherwise 0. */
  readonly ipVersion: 0 | 4 | 6;
  readonly firstRun: Run;
}

const IP_VERSION = 60;
const V4_ADDRESSES = new Set([8, 12]);
const V6_ADDRESSES = new Set([27, 28]);

/** Compiles a template of data records, which have a length. */
export function compileDataTemplate(id: number, fields: readonly TemplateField[]): Template {
  const recordBytes = shortestBytes(fields);
  const ipVersion = onlyIpVersion(fields);
  // With the addresses of one family the version is known; what the field says could only contradict it.
  const isUsed = ({ type }: TemplateField): boolean => ipVersion === 0 || type !== IP_VERSION;
  const firstRun = compileRuns(fields, (field, offset, run) => {
    const { type, lengthBytes } = field;
    if (isUsed(field)) put(run.numbers, compileFlowNumber(type, offset, lengthBytes));
    put(run.addresses, compileAddress(type, offset, lengthBytes));
    put(run.notes, compileNote(type, offset, lengthBytes));
  });
  return { id, kind: 'data', fields, scopeCount: 0, recordBytes, ipVersion, firstRun };
}

/** Compiles a template of options data, whose records have a length; the scope fields come first. */
export function compileOptionsTemplate(
  id: number,
  fields: readonly TemplateField[],
  scopeCount: number,
): Template {
  const recordBytes = shortestBytes(fields);
  const firstRun = compileRuns(fields, (field, offset, run, index) => {
    const { type, name, lengthBytes } = field;
    const scope = index < scopeCount ? compileScope(name ?? type, offset, lengthBytes) : undefined;
    put(run.notes, scope ?? (name === undefined ? compileNote(type, offset, lengthBytes) : undefined));
  });
  return { id, kind: 'options', fields, scopeCount, recordBytes, ipVersion: 0, firstRun };
}

/** Where the record at `at` ends, or -1 when it does not end before `end`. */
export function recordEnd(view: DataView, at: number, end: number, { firstRun }: Template): number {
  let recordAt = at + firstRun.bytes;
  for (let { next } = firstRun; next; next = next.next) {
    const { gaps, bytes } = next;
    for (let i = 0; i <= gaps.length; i += 1) {
      if (recordAt >= end || (view.getUint8(recordAt) === 255 && recordAt + 3 > end)) return -1;
      recordAt = variableEnd(view, recordAt) + (i < gaps.length ? (gaps[i] ?? 0) : bytes);
    }
  }
  return recordAt <= end ? recordAt : -1;
}

/** Where a run begins whose fields of variable length begin at `at`, in a record that is whole. */
export function runStart(view: DataView, at: number, { gaps }: Run): number {
  let runAt = at;
  for (let i = 0; i < gaps.length; i += 1) runAt = variableEnd(view, runAt) + (gaps[i] ?? 0);
  return variableEnd(view, runAt);
}

/** Where a field of variable length ends: its length stands before it, in one byte, or in two behind a 255. */
export function variableEnd(view: DataView, at: number): number {
  const short = view.getUint8(at);
  return short < 255 ? at + 1 + short : at + 3 + view.getUint16(at + 1);
}

interface RunDraft {
  readonly gaps: number[];
  bytes: number;
  readonly numbers: NumberField[];
  readonly addresses: AddressField[];
  readonly notes: NumberField[];
}

/**
 * Only IANA's elements of known length are read; nothing that we use has another. Within a run the last field
 * is read first, so that of elements that come twice the first counts: that of the outer header of a tunnel.
 */
function compileRuns(
  fields: readonly TemplateField[],
  compile: (field: TemplateField, offset: number, run: RunDraft, index: number) => void,
): Run {
  const runs = [blankRun()];
  let run = runs[0] ?? blankRun();
  for (const [index, field] of fields.entries()) {
    if (isVariable(field)) {
      if (runs.length > 1 && isUnread(run)) {
        run.gaps.push(run.bytes);
        run.bytes = 0;
      } else {
        run = blankRun();
        runs.push(run);
      }
      continue;
    }
    if (field.lengthBytes > 0 && field.enterprise === undefined) compile(field, run.bytes, run, index);
    run.bytes += field.lengthBytes;
  }
  let next: Run | undefined;
  for (const { gaps, bytes, numbers, addresses, notes } of runs.reverse()) {
    next = {
      gaps: gaps.length === 0 ? NOTHING : gaps,
      bytes,
      numbers: lastFirst(numbers),
      addresses: lastFirst(addresses),
      notes: lastFirst(notes),
      next,
    };
  }
  return next ?? { ...run, next };
}

const NOTHING: readonly never[] = [];

/** A list that grew has room for more; a template is kept for long, so it has a copy without. */
const lastFirst = <T>(list: readonly T[]): readonly T[] =>
  list.length === 0 ? NOTHING : list.slice().reverse();

const blankRun = (): RunDraft => ({ gaps: [], bytes: 0, numbers: [], addresses: [], notes: [] });

const isUnread = ({ numbers, addresses, notes }: RunDraft): boolean =>
  numbers.length + addresses.length + notes.length === 0;

function put<T>(list: T[], item: T | undefined): void {
  if (item) list.push(item);
}

const isVariable = ({ lengthBytes }: TemplateField): boolean => lengthBytes === VARIABLE_LENGTH;

/** Bytes of the shortest record: a field of variable length takes at least the byte of its length. */
export const shortestBytes = (fields: readonly TemplateField[]): number =>
  fields.reduce((sum, field) => sum + (isVariable(field) ? 1 : field.lengthBytes), 0);

function onlyIpVersion(fields: readonly TemplateField[]): 0 | 4 | 6 {
  const standard = fields.filter(({ enterprise }) => enterprise === undefined);
  const v4 = standard.some((field) => V4_ADDRESSES.has(field.type));
  const v6 = standard.some((field) => V6_ADDRESSES.has(field.type));
  if (v4 === v6) return 0;
  return v4 ? 4 : 6;
}
