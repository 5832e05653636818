import { type Flow, SamplingSource } from '@fairlead/model';
import { createFlowBuilder } from './flow-builder.ts';
import { type DecodeContext, type Decoded, nothing } from './decoded.ts';
import type { Problem } from './problem.ts';
import { compileDataTemplate } from './template.ts';

const HEADER_BYTES = 24;
const RECORD_BYTES = 48;

const field = (type: number, lengthBytes: number): { type: number; lengthBytes: number } => ({
  type,
  lengthBytes,
});
const PADDING = 0;
const SRC_MASK = 9;
const DST_MASK = 13;

/** The record of v5 written as a template, so that one compiler serves all versions. */
const v5Template = compileDataTemplate(0, [
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
  field(PADDING, 1),
  field(6, 1),
  field(4, 1),
  field(5, 1),
  field(16, 2),
  field(17, 2),
  field(SRC_MASK, 1),
  field(DST_MASK, 1),
  field(PADDING, 2),
]);

/**
 * NetFlow v5:
 * ```
 * version(2) count(2) sysUptime(4) unixSecs(4) unixNsecs(4) sequence(4) engineType(1) engineId(1) sampling(2)
 * then records of 48 bytes
 * ```
 * `sampling` is two bits of mode and fourteen of interval.
 */
export function decodeV5(view: DataView, context: DecodeContext): Decoded {
  if (view.byteLength < HEADER_BYTES || !v5Template) {
    return nothing(5, { kind: 'truncated', wantedBytes: HEADER_BYTES, hadBytes: view.byteLength });
  }
  const announced = view.getUint16(2);
  const recordsBytes = view.byteLength - HEADER_BYTES;
  const held = Math.floor(recordsBytes / RECORD_BYTES);
  const count = Math.min(announced, held);
  const build = createFlowBuilder({
    timeMs: context.timeMs,
    router: context.router,
    exporter: context.exporter,
    version: 5,
    observationDomain: view.getUint16(20),
    clock: {
      uptimeMs: view.getUint32(4),
      unixMs: view.getUint32(8) * 1000 + Math.floor(view.getUint32(12) / 1e6),
    },
    sampling: undefined,
  });
  const samplingInterval = view.getUint16(22) & 0x3fff;
  const flows: Flow[] = [];
  for (let i = 0; i < count; i += 1) {
    const flow = build(view, HEADER_BYTES + i * RECORD_BYTES, v5Template);
    if (samplingInterval > 0) {
      flow.samplingRate = samplingInterval;
      flow.samplingSource = SamplingSource.HEADER;
    }
    flows.push(flow);
  }
  const problems: Problem[] = [];
  const trailingBytes = recordsBytes - count * RECORD_BYTES;
  if (announced > held) problems.push({ kind: 'count-mismatch', announced, held });
  else if (trailingBytes > 0) problems.push({ kind: 'trailing-bytes', bytes: trailingBytes });
  return { version: 5, flows, templates: 0, optionsRecords: 0, problems };
}
