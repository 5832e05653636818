import type { Flow } from '@fairlead/model';
import { type DecodeContext, type Decoded, nothing } from './decoded.ts';
import { createFlowBuilder } from './flow-builder.ts';
import type { Problem } from './problem.ts';
import { blankNotes, clearNotes } from './record-fields.ts';
import { samplingRate } from './sampling.ts';
import {
  compileDataTemplate,
  compileOptionsTemplate,
  type Template,
  type TemplateField,
} from './template.ts';
import type { Speaker, TemplateStore } from './template-store.ts';

const HEADER_BYTES = 20;
const SET_HEADER_BYTES = 4;
const FIELD_BYTES = 4;
const TEMPLATE_SET = 0;
const OPTIONS_TEMPLATE_SET = 1;
const FIRST_DATA_SET = 256;

/** The part of a datagram between two offsets. */
interface Span {
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
}

interface Progress {
  readonly speaker: Speaker;
  readonly store: TemplateStore;
  readonly flows: Flow[];
  readonly problems: Problem[];
  templates: number;
  optionsRecords: number;
}

/**
 * NetFlow v9 (RFC 3954 section 5):
 * ```
 * version(2) count(2) sysUptime(4) unixSecs(4) sequence(4) sourceId(4)
 * then sets: id(2) length(2, with these four bytes) content
 * ```
 * The count is not used: exporters disagree about what it counts. Sets are worked on in order, so that a template
 * serves the data behind it in the same datagram.
 */
export function decodeV9(view: DataView, context: DecodeContext): Decoded {
  if (view.byteLength < HEADER_BYTES) {
    return nothing(9, { kind: 'truncated', wantedBytes: HEADER_BYTES, hadBytes: view.byteLength });
  }
  const { exporter, router, timeMs, templates: store } = context;
  const speaker = { exporter, version: 9, observationDomain: view.getUint32(16) };
  const clock = { uptimeMs: view.getUint32(4), unixMs: view.getUint32(8) * 1000 };
  const progress: Progress = { speaker, store, flows: [], problems: [], templates: 0, optionsRecords: 0 };
  let at = HEADER_BYTES;
  while (view.byteLength - at >= SET_HEADER_BYTES) {
    const setId = view.getUint16(at);
    const lengthBytes = view.getUint16(at + 2);
    const leftBytes = view.byteLength - at;
    if (lengthBytes < SET_HEADER_BYTES || lengthBytes > leftBytes) {
      progress.problems.push({ kind: 'set-length', setId, lengthBytes, leftBytes });
      break;
    }
    const set: Span = { view, start: at + SET_HEADER_BYTES, end: at + lengthBytes };
    if (setId === TEMPLATE_SET) readTemplates(set, progress);
    else if (setId === OPTIONS_TEMPLATE_SET) readOptionsTemplates(set, progress);
    else if (setId < FIRST_DATA_SET) progress.problems.push({ kind: 'reserved-set', setId });
    else {
      const template = store.find(speaker, setId);
      if (!template) {
        progress.problems.push({
          kind: 'template-missing',
          observationDomain: speaker.observationDomain,
          templateId: setId,
        });
      } else if (template.recordBytes > set.end - set.start) {
        progress.problems.push({
          kind: 'record-length',
          templateId: setId,
          lengthBytes: set.end - set.start,
        });
      } else if (template.kind === 'options') {
        readOptions(set, template, progress);
      } else {
        const origin = { timeMs, router, exporter, version: 9, observationDomain: speaker.observationDomain };
        const build = createFlowBuilder({ ...origin, clock, sampling: store.sampling(speaker) });
        forEachRecord(set, template, (recordAt) => progress.flows.push(build(view, recordAt, template)));
      }
    }
    at += lengthBytes;
  }
  const { flows, templates, optionsRecords, problems } = progress;
  return { version: 9, flows, templates, optionsRecords, problems };
}

/** `id(2) fieldCount(2) { type(2) length(2) }…`, any number of them; a rest too short, or zero, is padding. */
function readTemplates({ view, start, end }: Span, progress: Progress): void {
  let at = start;
  while (end - at >= 4) {
    const templateId = view.getUint16(at);
    const fieldCount = view.getUint16(at + 2);
    if (templateId === 0 && fieldCount === 0) return;
    const fieldsAt = at + 4;
    at = fieldsAt + fieldCount * FIELD_BYTES;
    const template =
      at <= end && templateId >= FIRST_DATA_SET
        ? compileDataTemplate(templateId, readFields({ view, start: fieldsAt, end: at }))
        : undefined;
    if (!keep(template, templateId, progress)) return;
  }
}

/** `id(2) scopeLength(2) optionsLength(2)`, lengths in bytes, then the fields of the scope and of the options. */
function readOptionsTemplates({ view, start, end }: Span, progress: Progress): void {
  let at = start;
  while (end - at >= 6) {
    const templateId = view.getUint16(at);
    const scopeAt = at + 6;
    const optionsAt = scopeAt + view.getUint16(at + 2);
    if (templateId === 0 && optionsAt === scopeAt) return;
    at = optionsAt + view.getUint16(at + 4);
    const template =
      at <= end && templateId >= FIRST_DATA_SET
        ? compileOptionsTemplate(
            templateId,
            readFields({ view, start: scopeAt, end: optionsAt }),
            readFields({ view, start: optionsAt, end: at }),
          )
        : undefined;
    if (!keep(template, templateId, progress)) return;
  }
}

function keep(template: Template | undefined, templateId: number, progress: Progress): boolean {
  if (!template) {
    progress.problems.push({ kind: 'bad-template', templateId });
    return false;
  }
  progress.store.announce(progress.speaker, template);
  progress.templates += 1;
  return true;
}

function readFields({ view, start, end }: Span): TemplateField[] {
  const fields: TemplateField[] = [];
  for (let at = start; at + FIELD_BYTES <= end; at += FIELD_BYTES) {
    fields.push({ type: view.getUint16(at), lengthBytes: view.getUint16(at + 2) });
  }
  return fields;
}

/** Of options data only the sampling rates are used; all records are counted. */
function readOptions(set: Span, template: Template, progress: Progress): void {
  const notes = blankNotes();
  forEachRecord(set, template, (at) => {
    clearNotes(notes);
    for (const read of template.noteReaders) read(set.view, at, notes);
    progress.optionsRecords += 1;
    if (notes.intervalPackets <= 0) return;
    progress.store.announceSampling(progress.speaker, {
      rate: samplingRate(notes.intervalPackets),
      ...(notes.samplerId > 0 ? { samplerId: notes.samplerId } : {}),
      ...(notes.scopeInterface >= 0 ? { interface: notes.scopeInterface } : {}),
    });
  });
}

/** Whatever is left behind the last whole record is padding. */
function forEachRecord({ start, end }: Span, { recordBytes }: Template, work: (at: number) => void): void {
  for (let at = start; at + recordBytes <= end; at += recordBytes) work(at);
}
