export { type DataRecord, decodeRecords, type DecodedRecords } from './decode-records.ts';
export { decodeNetflow } from './decode.ts';
export type { DecodeContext, Decoded } from './decoded.ts';
export type { FieldValue } from './field-value.ts';
export { createFlowEncoder, type FlowEncoder } from './flow-encoder.ts';
export { createFlowPool, type FlowPool } from './flow-pool.ts';
export type { Problem, ProblemKind } from './problem.ts';
export {
  createSequenceTracker,
  type SequenceNote,
  type SequenceOutcome,
  type SequenceTracker,
} from './sequence.ts';
export { isSflow } from './sflow.ts';
export type { TemplateStoreLimits } from './store-limits.ts';
export { createTemplateStore, type TemplateStore } from './template-store.ts';
