import type { Flow } from '@fairlead/model';
import { datagramLimits } from './datagram-limits.ts';
import type { DecodeContext, OnRecord } from './decoded.ts';
import { clockSince, type HeaderClock } from './device-time.ts';
import { buildFlow, type FlowOrigin } from './flow-builder.ts';
import { newFlows } from './flow-pool.ts';
import type { Problem } from './problem.ts';
import type { KnownTemplate } from './ready-templates.ts';
import { clearNotes, readNotes, type RecordNotes } from './record-fields.ts';
import { recordRate } from './sampling.ts';
import type { Span } from './span.ts';
import type { Speaker } from './speaker.ts';
import { recordEnd, runStart, type Template } from './template.ts';
import type { TemplateStore } from './template-store.ts';

/** What was found in a datagram so far. */
export interface Progress {
  readonly context: DecodeContext;
  readonly onRecord: OnRecord | undefined;
  /** Memory to use for every record. */
  readonly notes: RecordNotes;
  readonly flows: Flow[];
  readonly problems: Problem[];
  templates: number;
  optionsRecords: number;
  waitingSets: number;
  /** Flows and options data of sets that came before this datagram. */
  waitedRecords: number;
  /** What is left of the limits of a datagram. */
  announcementsLeft: number;
  templateFieldsLeft: number;
  newTemplateFieldsLeft: number;
  withdrawalsOfAllLeft: number;
}

const recordsLeft = ({ flows, optionsRecords }: Progress): number =>
  datagramLimits.records - flows.length - optionsRecords;

/** A data set, and what the header of its datagram said; it may be decoded long after that. */
export interface DataSet {
  readonly speaker: Speaker;
  readonly clock: HeaderClock;
  readonly timeMs: number;
  readonly router: string;
  readonly span: Span;
}

/** Whatever is left behind the last whole record is padding. */
export function readData(set: DataSet, known: KnownTemplate, progress: Progress): void {
  if (known.template === undefined) {
    const { fieldCount } = known.definition;
    if (fieldCount > progress.newTemplateFieldsLeft) {
      progress.problems.push({ kind: 'too-many-templates' });
      return;
    }
    progress.newTemplateFieldsLeft -= fieldCount;
  }
  const template = progress.context.templates.use(known);
  const { view, start, end } = set.span;
  if (recordEnd(view, start, end, template) < 0) {
    progress.problems.push({ kind: 'record-length', templateId: template.id, lengthBytes: end - start });
  } else if (template.kind === 'options') readOptions(set, template, progress);
  else readFlows(set, template, progress);
}

function readFlows(
  { speaker, clock, timeMs, router, span }: DataSet,
  template: Template,
  progress: Progress,
): void {
  const { context, flows, notes, onRecord } = progress;
  const startedMs = context.templates.startedMs(speaker);
  const origin: FlowOrigin = {
    timeMs,
    router,
    exporter: speaker.exporter,
    version: speaker.version,
    observationDomain: speaker.observationDomain,
    // A header with an uptime knows better.
    clock:
      clock.uptimeMs === undefined && startedMs !== undefined ? clockSince(startedMs, clock.unixMs) : clock,
    sampling: context.templates.sampling(speaker),
    samplingOverride: context.samplingRate,
  };
  const pool = context.pool ?? newFlows;
  const { view, end } = span;
  let at = span.start;
  let left = recordsLeft(progress);
  for (let next = recordEnd(view, at, end, template); next >= 0 && left > 0; left -= 1) {
    const flow = buildFlow(pool.draft(), notes, view, at, template, origin);
    flows.push(flow);
    onRecord?.(view, at, template, flow);
    at = next;
    next = recordEnd(view, at, end, template);
  }
  endRecords(progress, template, left, end - at);
}

/** Of options data the sampling rates and the start of the exporter are used; all records are counted. */
function readOptions({ speaker, span }: DataSet, template: Template, progress: Progress): void {
  const { notes } = progress;
  const { view, end } = span;
  let at = span.start;
  let left = recordsLeft(progress);
  for (let next = recordEnd(view, at, end, template); next >= 0 && left > 0; left -= 1) {
    readOptionsRecord(notes, view, at, template);
    progress.optionsRecords += 1;
    progress.onRecord?.(view, at, template, undefined);
    learnOptions(progress.context.templates, speaker, notes);
    at = next;
    next = recordEnd(view, at, end, template);
  }
  endRecords(progress, template, left, end - at);
}

/** Tells of the records that were left because the datagram has had its share. */
function endRecords(
  progress: Progress,
  { id, recordBytes }: Template,
  left: number,
  leftBytes: number,
): void {
  if (left > 0 || leftBytes < recordBytes) return;
  progress.problems.push({ kind: 'too-many-records', templateId: id, leftBytes });
}

function readOptionsRecord(notes: RecordNotes, view: DataView, at: number, { firstRun }: Template): void {
  clearNotes(notes);
  readNotes(view, at, firstRun.notes, notes);
  let runEnd = at + firstRun.bytes;
  for (let { next } = firstRun; next; next = next.next) {
    const runAt = runStart(view, runEnd, next);
    readNotes(view, runAt, next.notes, notes);
    runEnd = runAt + next.bytes;
  }
}

function learnOptions(templates: TemplateStore, speaker: Speaker, notes: RecordNotes): void {
  if (notes.systemInitMs > 0) templates.announceStart(speaker, notes.systemInitMs);
  const rate = recordRate(notes);
  if (!rate) return;
  templates.announceSampling(speaker, {
    rate,
    samplerId: notes.samplerId > 0 ? notes.samplerId : undefined,
    interface: notes.scopeInterface >= 0 ? notes.scopeInterface : undefined,
  });
}
