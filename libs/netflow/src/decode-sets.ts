import { type Announcement, readOptionsTemplates, readTemplates } from './announcements.ts';
import { datagramLimits } from './datagram-limits.ts';
import type { DecodeContext, Decoded, OnRecord } from './decoded.ts';
import type { HeaderClock } from './device-time.ts';
import type { Problem } from './problem.ts';
import { type Progress, readData } from './read-data.ts';
import { blankNotes } from './record-fields.ts';
import type { Span } from './span.ts';
import type { Speaker } from './speaker.ts';
import type { Dialect } from './template-definition.ts';
import type { WaitingSet } from './waiting-sets.ts';

const SET_HEADER_BYTES = 4;
const FIRST_DATA_SET = 256;
const TEMPLATE_SET = { v9: 0, ipfix: 2 };
const OPTIONS_TEMPLATE_SET = { v9: 1, ipfix: 3 };

/** What the header of a datagram says about the sets behind it. */
export interface Message {
  readonly dialect: Dialect;
  readonly speaker: Speaker;
  readonly clock: HeaderClock;
  readonly sequence: number;
  /** Whether all of its sets came. */
  readonly isWhole: boolean;
  readonly sets: Span;
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
    newTemplateFieldsLeft: datagramLimits.newTemplateFields,
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
      const known = store.find(speaker, setId, timeMs);
      if (known) readData({ speaker, clock, timeMs, router, span }, known, progress);
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
    progress.problems.push(missing(from, templateId));
  }
  const { flows, templates, optionsRecords, waitingSets, problems } = progress;
  return { version: speaker.version, flows, templates, optionsRecords, waitingSets, problems, sequence };
}

const missing = ({ observationDomain }: Speaker, templateId: number): Problem => ({
  kind: 'template-missing',
  observationDomain,
  templateId,
});

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
        readWaited(store.announce(speaker, announcement.template, timeMs), progress);
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

/** Sets of earlier datagrams, whose template has come. */
function readWaited(sets: readonly WaitingSet[], progress: Progress): void {
  const { templates: store, timeMs: nowMs } = progress.context;
  const recordsBefore = progress.flows.length + progress.optionsRecords;
  for (const { speaker, templateId, clock, timeMs, router, content } of sets) {
    const known = store.find(speaker, templateId, nowMs);
    if (!known) {
      progress.problems.push(missing(speaker, templateId));
      continue;
    }
    const view = new DataView(content.buffer, content.byteOffset, content.length);
    const span: Span = { view, start: 0, end: content.length };
    readData({ speaker, clock, timeMs, router, span }, known, progress);
  }
  progress.waitedRecords += progress.flows.length + progress.optionsRecords - recordsBefore;
}

/** Takes an announcement off the limits of its datagram. */
function isTooMuch(announcement: Announcement, progress: Progress): boolean {
  progress.announcementsLeft -= 1;
  if (announcement.kind === 'template') progress.templateFieldsLeft -= announcement.template.fieldCount;
  if (announcement.kind === 'withdrawal-of-all') progress.withdrawalsOfAllLeft -= 1;
  const { announcementsLeft, templateFieldsLeft, withdrawalsOfAllLeft } = progress;
  return announcementsLeft < 0 || templateFieldsLeft < 0 || withdrawalsOfAllLeft < 0;
}
