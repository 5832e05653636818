import { createTemplateStore } from '@fairlead/netflow';
import { decodeRecords, type DatagramToDecode } from './decode-records.ts';
import { formatRecordJson } from './record-json.ts';
import { formatRecordLine } from './record-line.ts';

/** What was read; the last line of standard error. */
export interface RecordTotals {
  readonly datagrams: number;
  readonly flows: number;
  readonly options: number;
  /** Announcements of templates and options templates; one that comes again counts again. */
  readonly templates: number;
  readonly problems: Readonly<Record<string, number>>;
}

/** Decodes datagrams in order, with one memory of templates, into a line for each data record. */
export interface RecordPrinter {
  linesOf(datagram: DatagramToDecode): Iterable<string>;
  countProblem(kind: string, count?: number): void;
  totals(): RecordTotals;
}

export function createRecordPrinter({ json }: { readonly json: boolean }): RecordPrinter {
  const templateStore = createTemplateStore();
  const format = json ? formatRecordJson : formatRecordLine;
  const problems = new Map<string, number>();
  let datagrams = 0;
  let flows = 0;
  let options = 0;
  let templates = 0;

  const countProblem = (kind: string, count = 1): void => {
    problems.set(kind, (problems.get(kind) ?? 0) + count);
  };
  return {
    countProblem,
    *linesOf(datagram) {
      const decoded = decodeRecords(datagram, templateStore);
      datagrams += 1;
      templates += decoded.templates;
      for (const { kind } of decoded.problems) countProblem(kind);
      for (const record of decoded.records) {
        if (record.kind === 'flow') flows += 1;
        else options += 1;
        yield format(record, { ...datagram, version: decoded.version });
      }
    },
    totals: () => ({ datagrams, flows, options, templates, problems: Object.fromEntries(problems) }),
  };
}
