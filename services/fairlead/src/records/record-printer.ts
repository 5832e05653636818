import type { RawDatagram } from '@fairlead/model';
import { createSequenceTracker, createTemplateStore, decodeRecords } from '@fairlead/netflow';
import { formatRecordJson } from './record-json.ts';
import { formatRecordLine } from './record-line.ts';

/** What was read; the last line of standard error. */
export interface RecordTotals {
  readonly datagrams: number;
  readonly flows: number;
  readonly options: number;
  /** Templates and options templates that are known at the end. */
  readonly templates: number;
  readonly problems: Readonly<Record<string, number>>;
  /** What the sequence numbers say is missing between the first datagram of an exporter and its last, if anything. */
  readonly lost?: Readonly<Partial<Record<LostUnit, number>>>;
}

/** v5 and v7 count flows, v9 datagrams, IPFIX data records. */
type LostUnit = 'flows' | 'datagrams' | 'records';

export type DatagramToPrint = Pick<RawDatagram, 'timeMs' | 'exporter' | 'router' | 'payload'>;

/** Decodes datagrams in order, with one memory of templates, into a line for each data record. */
export interface RecordPrinter {
  linesOf(datagram: DatagramToPrint): Iterable<string>;
  countProblem(kind: string, count?: number): void;
  totals(): RecordTotals;
}

export interface RecordPrinterOptions {
  readonly json: boolean;
  /** Earlier datagrams are only read for their templates, and are not counted. */
  readonly sinceMs?: number;
}

export function createRecordPrinter({ json, sinceMs = 0 }: RecordPrinterOptions): RecordPrinter {
  // The files say in which order to read, whatever the times in them: nothing grows old.
  const templates = createTemplateStore({
    templateMs: Number.POSITIVE_INFINITY,
    waitingMs: Number.POSITIVE_INFINITY,
  });
  const format = json ? formatRecordJson : formatRecordLine;
  const problems = new Map<string, number>();
  const sequences = createSequenceTracker();
  const lost = new Map<LostUnit, number>();
  let datagrams = 0;
  let flows = 0;
  let options = 0;

  const countProblem = (kind: string, count = 1): void => {
    problems.set(kind, (problems.get(kind) ?? 0) + count);
  };
  return {
    countProblem,
    *linesOf(datagram) {
      const { payload, ...context } = datagram;
      const decoded = decodeRecords(payload, { ...context, templates });
      const step = decoded.sequence && sequences.track(decoded.sequence);
      if (datagram.timeMs < sinceMs) return;
      datagrams += 1;
      if (step && step.missed !== step.late) {
        const unit = lostUnit(decoded.version);
        lost.set(unit, (lost.get(unit) ?? 0) + step.missed - step.late);
      }
      for (const { kind } of decoded.problems) countProblem(kind);
      for (const record of decoded.records) {
        // A set that waited for its template is older than the datagram that brought it.
        if (record.kind === 'flow' && record.flow.timeMs < sinceMs) continue;
        if (record.kind === 'flow') flows += 1;
        else options += 1;
        yield format(record, { ...datagram, version: decoded.version });
      }
    },
    totals() {
      const { templates: known, waitingSets } = templates.size;
      const missing = (problems.get('template-missing') ?? 0) + waitingSets;
      return {
        datagrams,
        flows,
        options,
        templates: known,
        problems: { ...Object.fromEntries(problems), ...(missing > 0 && { 'template-missing': missing }) },
        ...(lost.size > 0 && { lost: Object.fromEntries(lost) }),
      };
    },
  };
}

const lostUnit = (version: number): LostUnit =>
  version === 9 ? 'datagrams' : version === 10 ? 'records' : 'flows';
