import { addressFromBytes, type Flow, SamplingSource } from '@fairlead/model';
import type { DataRecord } from '@fairlead/netflow';
import type { RecordOrigin } from './record-origin.ts';

/** A record as one JSON object. 64-bit integers are numbers where JSON keeps them exact, text where not. */
export function formatRecordJson(record: DataRecord, { exporter, version }: RecordOrigin): string {
  return JSON.stringify(
    {
      kind: record.kind,
      version,
      exporter: addressFromBytes(exporter),
      template: record.template || null,
      fields: record.fields,
      flow: record.kind === 'flow' ? flowJson(record.flow) : undefined,
    },
    exactNumbers,
  );
}

const samplingSources: ReadonlyMap<number, string> = new Map(
  Object.entries(SamplingSource).map(([name, value]) => [value, name.toLowerCase()]),
);

/** Addresses as text, and enumerations by name. The router is left out where the inventory was not asked. */
function flowJson(flow: Flow): Record<string, unknown> {
  return {
    ...flow,
    router: flow.router || undefined,
    exporter: addressFromBytes(flow.exporter),
    srcAddress: addressFromBytes(flow.srcAddress),
    dstAddress: addressFromBytes(flow.dstAddress),
    nextHop: flow.nextHop && addressFromBytes(flow.nextHop),
    postNatSrcAddress: flow.postNatSrcAddress && addressFromBytes(flow.postNatSrcAddress),
    postNatDstAddress: flow.postNatDstAddress && addressFromBytes(flow.postNatDstAddress),
    samplingSource: samplingSources.get(flow.samplingSource),
    // Enrichment is the pipeline's, which knows the inventory.
    inputInterface: undefined,
    outputInterface: undefined,
    wan: undefined,
    direction: undefined,
    insideAddress: undefined,
    srcCountry: undefined,
    dstCountry: undefined,
  };
}

function exactNumbers(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return value.toString();
  }
  return value;
}
