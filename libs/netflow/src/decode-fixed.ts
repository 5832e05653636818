import { type Flow, SamplingSource } from '@fairlead/model';
import { datagramLimits } from './datagram-limits.ts';
import { type DecodeContext, type Decoded, nothing, type OnRecord } from './decoded.ts';
import { buildFlow, type FlowOrigin } from './flow-builder.ts';
import { newFlows } from './flow-pool.ts';
import type { Problem } from './problem.ts';
import { blankNotes } from './record-fields.ts';
import { compileDataTemplate, type Template, type TemplateField } from './template.ts';

/** A version whose records have one layout, written as a template so that one compiler serves all versions. */
interface FixedFormat {
  readonly version: number;
  readonly headerBytes: number;
  /** v1 has no sequence. */
  readonly hasSequence: boolean;
  readonly template: Template;
}

const field = (type: number, lengthBytes: number): TemplateField => ({ type, lengthBytes });
/** Bytes that mean nothing: element 210 of IANA's registry. */
const padding = (lengthBytes: number): TemplateField => field(210, lengthBytes);

/** Addresses, interfaces, counters, times and ports stand at the same place in all three versions. */
const commonFields = [
  field(8, 4),
  field(12, 4),
  field(15, 4),
  field(10, 2),
  field(14, 2),
  field(2, 4),
  field(1, 4),
  field(22, 4),
  field(21, 4),
  field(7, 2),
  field(11, 2),
];
const autonomousSystemsAndMasks = [field(16, 2), field(17, 2), field(9, 1), field(13, 1)];

function fixedFormat(version: number, headerBytes: number, fields: readonly TemplateField[]): FixedFormat {
  const template = compileDataTemplate(0, [...commonFields, ...fields]);
  return { version, headerBytes, hasSequence: headerBytes > 16, template };
}

/**
 * Cisco's "NetFlow Export Datagram Format". All begin with
 * ```
 * version(2) count(2) sysUptime(4) unixSecs(4) unixNsecs(4)
 * ```
 * v5 goes on with `sequence(4) engineType(1) engineId(1) sampling(2)`, v7 with `sequence(4) reserved(4)`.
 */
const formats: ReadonlyMap<number, FixedFormat> = new Map([
  [1, fixedFormat(1, 16, [padding(2), field(4, 1), field(5, 1), field(6, 1), padding(7)])],
  [
    5,
    fixedFormat(5, 24, [
      padding(1),
      field(6, 1),
      field(4, 1),
      field(5, 1),
      ...autonomousSystemsAndMasks,
      padding(2),
    ]),
  ],
  [
    7,
    fixedFormat(7, 24, [
      // Flags that say which fields a switch did not fill: those are 0 as well.
      padding(1),
      field(6, 1),
      field(4, 1),
      field(5, 1),
      ...autonomousSystemsAndMasks,
      padding(2),
      { type: 0, lengthBytes: 4, name: 'router_sc' },
    ]),
  ],
]);

export const isFixedVersion = (version: number): boolean => formats.has(version);

/** NetFlow v1, v5 or v7. Sampling, in v5 only, is two bits of mode and fourteen of interval. */
export function decodeFixed(
  version: number,
  view: DataView,
  context: DecodeContext,
  onRecord?: OnRecord,
): Decoded {
  const format = formats.get(version);
  if (!format) return nothing(version, { kind: 'unsupported-version', version });
  const { headerBytes, hasSequence, template } = format;
  if (view.byteLength < headerBytes) {
    return nothing(version, { kind: 'truncated', wantedBytes: headerBytes, hadBytes: view.byteLength });
  }
  const { recordBytes } = template;
  const announced = view.getUint16(2);
  const recordsBytes = view.byteLength - headerBytes;
  const held = Math.floor(recordsBytes / recordBytes);
  const count = Math.min(announced, held, datagramLimits.records);
  const observationDomain = version === 5 ? view.getUint16(20) : 0;
  const origin: FlowOrigin = {
    timeMs: context.timeMs,
    router: context.router,
    exporter: context.exporter,
    version,
    observationDomain,
    clock: {
      uptimeMs: view.getUint32(4),
      unixMs: view.getUint32(8) * 1000 + Math.floor(view.getUint32(12) / 1e6),
    },
    sampling: undefined,
    samplingOverride: context.samplingRate,
  };
  const pool = context.pool ?? newFlows;
  const notes = blankNotes();
  const samplingInterval = version === 5 ? view.getUint16(22) & 0x3fff : 0;
  const flows: Flow[] = [];
  for (let i = 0; i < count; i += 1) {
    const at = headerBytes + i * recordBytes;
    const flow = buildFlow(pool.draft(), notes, view, at, template, origin);
    if (samplingInterval > 0 && flow.samplingSource !== SamplingSource.OVERRIDE) {
      flow.samplingRate = samplingInterval;
      flow.samplingSource = SamplingSource.HEADER;
    }
    flows.push(flow);
    onRecord?.(view, at, template, flow);
  }
  const problems: Problem[] = [];
  const trailingBytes = recordsBytes - count * recordBytes;
  if (count === datagramLimits.records && count < Math.min(announced, held)) {
    problems.push({ kind: 'too-many-records', templateId: 0, leftBytes: trailingBytes });
  } else if (announced > held) problems.push({ kind: 'count-mismatch', announced, held });
  else if (trailingBytes > 0) problems.push({ kind: 'trailing-bytes', bytes: trailingBytes });
  const decoded = { version, flows, templates: 0, optionsRecords: 0, waitingSets: 0, problems };
  if (!hasSequence) return decoded;
  const speaker = { exporter: context.exporter, version, observationDomain };
  return { ...decoded, sequence: { speaker, sequence: view.getUint32(16), records: announced } };
}
