import type { Flow } from '@fairlead/model';
import { type Announcement, readOptionsTemplates, readTemplates } from './announcements.ts';
import { datagramLimits } from './datagram-limits.ts';
import type { DecodeContext, Decoded, OnRecord } from './decoded.ts';
import { clockSince, type HeaderClock } from './device-time.ts';
import { buildFlow, type FlowOrigin } from './flow-builder.ts';
import { newFlows } from './flow-pool.ts';
import type { Problem } from './problem.ts';
import { blankNotes, clearNotes, readNotes, type RecordNotes } from './record-fields.ts';
import { recordRate } from './sampling.ts';
import type { Span } from './span.ts';
import type { Speaker } from './speaker.ts';
import { recordEnd, runStart, type Template } from './template.ts';
import type { TemplateStore } from './template-store.ts';

const SET_HEADER_BYTES = 4;
const FIRST_DATA_SET = 256;
const TEMPLATE_SET = { v9: 0, ipfix: 2 };
const OPTIONS_TEMPLATE_SET = { v9: 1, ipfix: 3 };

/** What the header of a datagram says about the sets behind it. */
export interface Message {
  readonly dialect: 'v9' | 'ipfix';
  readonly speaker: Speaker;
  readonly clock: HeaderClock;
  readonly sequence: number;
  /** Whether all of its sets came. */
  readonly isWhole: boolean;
  readonly sets: Span;
}

interface Progress {
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
  withdrawalsOfAllLeft: number;
}

const recordsLeft = ({ flows, optionsRecords }: Progress): number =>
  datagramLimits.records - flows.length - optionsRecords;

/** A data set, and what the header of its datagram said; it may be decoded long after that. */
interface DataSet {
  readonly speaker: Speaker;
  readonly clock: HeaderClock;
  readonly timeMs: number;
  readonly router: string;
  readonly span: Span;
}

/**
 * The sets of a v9 or IPFIX datagram: `id(2) length(2, with these four bytes) content`. They are worked on in order,
 * so that a template serves the data behind it in the same datagram; data before it waits.
 */
export function decodeSets(message: Message, context: DecodeContext, onRecord?: OnRecord): Decoded {
  const { dialect, speaker, clock, sets } = message;
  const { timeMs, router, templates: store } = context;
  const { view, end } = sets;
  const progress: Progress = {
    context,
    onRecord,
    notes: blankNotes(),
    flows: [],
    problems: [],
    templates: 0,
    optionsRecords: 0,
    waitingSets: 0,
    waitedRecords: 0,
    announcementsLeft: datagramLimits.announcements,
    templateFieldsLeft: datagramLimits.templateFields,
    withdrawalsOfAllLeft: datagramLimits.withdrawalsOfAll,
  };
  let setsLeft: number = datagramLimits.sets;
  let at = sets.start;
  while (end - at >= SET_HEADER_BYTES) {
    const setId = view.getUint16(at);
    const lengthBytes = view.getUint16(at + 2);
    const leftBytes = end - at;
    // Some exporters announce an IPFIX message a little shorter than its last set; what is there of it is read.
    if (lengthBytes < SET_HEADER_BYTES || lengthBytes > view.byteLength - at) {
      progress.problems.push({ kind: 'set-length', setId, lengthBytes, leftBytes });
      break;
    }
    if (setsLeft === 0) {
      progress.problems.push({ kind: 'too-many-sets', leftBytes });
      break;
    }
    setsLeft -= 1;
    const span: Span = { view, start: at + SET_HEADER_BYTES, end: at + lengthBytes };
    at += lengthBytes;
    if (setId === TEMPLATE_SET[dialect]) announce(readTemplates(span, dialect), message, progress);
    else if (setId === OPTIONS_TEMPLATE_SET[dialect]) {
      announce(readOptionsTemplates(span, dialect), message, progress);
    } else if (setId < FIRST_DATA_SET) progress.problems.push({ kind: 'reserved-set', setId });
    else {
      const template = store.find(speaker, setId, timeMs);
      if (template) readData({ speaker, clock, timeMs, router, span }, template, progress);
      else {
        store.wait({ speaker, templateId: setId, timeMs, router, clock, content: copyOf(span) });
        progress.waitingSets += 1;
      }
    }
  }
  const areAllKnown = message.isWhole && progress.waitingSets === 0 && progress.problems.length === 0;
  const records = progress.flows.length + progress.optionsRecords - progress.waitedRecords;
  const sequence = {
    speaker,
    sequence: message.sequence,
    records: areAllKnown ? records : undefined,
  };
  for (const { speaker: from, templateId } of store.takeDropped(timeMs)) {
    progress.problems.push({
      kind: 'template-missing',
      observationDomain: from.observationDomain,
      templateId,
    });
  }
  const { flows, templates, optionsRecords, waitingSets, problems } = progress;
  return { version: speaker.version, flows, templates, optionsRecords, waitingSets, problems, sequence };
}

const NO_BYTES = new Uint8Array();

const copyOf = ({ view, start, end }: Span): Uint8Array =>
  start === end ? NO_BYTES : new Uint8Array(view.buffer, view.byteOffset + start, end - start).slice();

function announce(announcements: Iterable<Announcement>, { speaker }: Message, progress: Progress): void {
  const { timeMs, templates: store } = progress.context;
  for (const announcement of announcements) {
    if (isTooMuch(announcement, progress)) {
      progress.problems.push({ kind: 'too-many-templates' });
      return;
    }
    switch (announcement.kind) {
      case 'template':
        progress.templates += 1;
        for (const waited of store.announce(speaker, announcement.template, timeMs)) {
          const { clock, content, router, timeMs: waitedSinceMs } = waited;
          const view = new DataView(content.buffer, content.byteOffset, content.length);
          const recordsBefore = progress.flows.length + progress.optionsRecords;
          readData(
            {
              speaker: waited.speaker,
              clock,
              timeMs: waitedSinceMs,
              router,
              span: { view, start: 0, end: content.length },
            },
            announcement.template,
            progress,
          );
          progress.waitedRecords += progress.flows.length + progress.optionsRecords - recordsBefore;
        }
        break;
      case 'withdrawal':
        store.withdraw(speaker, announcement.templateId);
        break;
      case 'withdrawal-of-all':
        store.withdrawAll(speaker, announcement.of);
        break;
      case 'bad-template':
        progress.problems.push({ kind: 'bad-template', templateId: announcement.templateId });
    }
  }
}

/** Takes an announcement off the limits of its datagram. */
function isTooMuch(announcement: Announcement, progress: Progress): boolean {
  progress.announcementsLeft -= 1;
  if (announcement.kind === 'template') progress.templateFieldsLeft -= announcement.template.fields.length;
  if (announcement.kind === 'withdrawal-of-all') progress.withdrawalsOfAllLeft -= 1;
  const { announcementsLeft, templateFieldsLeft, withdrawalsOfAllLeft } = progress;
  return announcementsLeft < 0 || templateFieldsLeft < 0 || withdrawalsOfAllLeft < 0;
}

/** Whatever is left behind the last whole record is padding. */
function readData(set: DataSet, template: Template, progress: Progress): void {
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
