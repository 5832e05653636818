import type { Flow } from '@fairlead/model';
import { decodeNetflow, type Problem, type TemplateStore } from '@fairlead/netflow';

export interface DatagramToDecode {
  readonly timeMs: number;
  readonly exporter: Uint8Array;
  readonly router: string;
  readonly payload: Uint8Array;
}

/** A data record as the exporter sent it. */
export interface DataRecord {
  readonly kind: 'flow' | 'options';
  /** 0 where the version has none. */
  readonly template: number;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly flow: Flow | undefined;
}

export function decodeRecords(
  { payload, ...context }: DatagramToDecode,
  templates: TemplateStore,
): {
  readonly version: number;
  readonly records: readonly DataRecord[];
  readonly templates: number;
  readonly problems: readonly Problem[];
} {
  const decoded = decodeNetflow(payload, { ...context, templates });
  const records = decoded.flows.map((flow) => ({
    kind: 'flow' as const,
    template: 0,
    fields: {},
    flow,
  }));
  return { ...decoded, records };
}
