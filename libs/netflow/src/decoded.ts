import type { Flow } from '@fairlead/model';
import type { FlowPool } from './flow-pool.ts';
import type { Problem } from './problem.ts';
import type { SequenceNote } from './sequence.ts';
import type { Template } from './template.ts';
import type { TemplateStore } from './template-store.ts';

/** What the datagram itself does not say, and the decoder's only memory. */
export interface DecodeContext {
  /** When the datagram arrived, Unix milliseconds. */
  readonly timeMs: number;
  /** Source address, 16 bytes. */
  readonly exporter: Uint8Array;
  /** Router of the inventory; empty when none has that address. */
  readonly router: string;
  readonly templates: TemplateStore;
  /** The operator's word on the sampling rate of this exporter, above everything that it says itself. */
  readonly samplingRate?: number | undefined;
  /** Where the flows come from; those of the datagram before end. New ones are made without it. */
  readonly pool?: FlowPool | undefined;
}

/** Everything readable of one datagram, in its order, and the flows that waited for a template of it. */
export interface Decoded {
  /** Version that the datagram announces; 0 when it is too short to do so. */
  readonly version: number;
  readonly flows: Flow[];
  /** Templates, and options templates, that it announced. */
  readonly templates: number;
  readonly optionsRecords: number;
  /** Data sets of it that wait for their template. */
  readonly waitingSets: number;
  readonly problems: readonly Problem[];
  /** Its place in the stream of its exporter, where its version has one (v1 has not) and its header was whole. */
  readonly sequence?: SequenceNote;
}

/** Is shown every data record that is decoded; options data comes without a flow. */
export type OnRecord = (view: DataView, at: number, template: Template, flow: Flow | undefined) => void;

/** The outcome of a datagram that could not be decoded at all. */
export function nothing(version: number, problem: Problem): Decoded {
  return { version, flows: [], templates: 0, optionsRecords: 0, waitingSets: 0, problems: [problem] };
}
