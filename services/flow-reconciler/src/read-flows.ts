import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { ReconciledFlow } from '@fairlead/flow-enrichment';
import { FlowDirection, FrameError } from '@fairlead/model';

type Draft = { -readonly [Name in keyof ReconciledFlow]: ReconciledFlow[Name] };

/**
 * Reads of the flows of a log value what the comparison needs, and steps over the rest: flows are by far the most
 * numerous records, and this service reads all of them. The numbers are those of schemas/fairlead/v1/flows.proto.
 * @throws FrameError when a length or a field is broken
 */
export function readFlows(value: Uint8Array, use: (flow: ReconciledFlow) => void): void {
  const reader = new BinaryReader(value);
  try {
    while (reader.pos < reader.len) {
      const length = reader.uint32();
      const end = reader.pos + length;
      if (end > reader.len) throw new RangeError('a flow is longer than its value');
      use(readFlow(reader, end));
    }
  } catch (cause) {
    throw new FrameError('broken flow batch', { cause });
  }
}

function readFlow(reader: BinaryReader, end: number): ReconciledFlow {
  const flow: Draft = {
    timeMs: 0,
    router: '',
    wan: '',
    direction: FlowDirection.UNSPECIFIED,
    bytes: 0,
    samplingRate: 0,
    startMs: undefined,
    endMs: undefined,
  };
  while (reader.pos < end) {
    const [field, wireType] = reader.tag();
    if (field === 1) flow.timeMs = Number(reader.int64());
    else if (field === 2) flow.router = reader.string();
    else if (field === 16) flow.bytes = Number(reader.uint64());
    else if (field === 18) flow.startMs = Number(reader.int64());
    else if (field === 19) flow.endMs = Number(reader.int64());
    else if (field === 20) flow.samplingRate = reader.uint32();
    else if (field === 31) flow.wan = reader.string();
    else if (field === 32) flow.direction = reader.int32() as FlowDirection;
    else if (wireType === WireType.LengthDelimited) stepOver(reader);
    else reader.skip(wireType, field);
  }
  if (reader.pos !== end) throw new RangeError('a field is longer than its flow');
  return flow;
}

function stepOver(reader: BinaryReader): void {
  const length = reader.uint32();
  reader.pos += length;
}
