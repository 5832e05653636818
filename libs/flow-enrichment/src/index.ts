export { createFlowEnricher, type FlowEnricher, type FlowPlaces, type Place } from './flow-enricher.ts';
export {
  type Agreement,
  type ComparedMinute,
  createReconciliation,
  type ReconciledFlow,
  type Reconciliation,
  type ReconciliationOptions,
  type UnusedReason,
} from './reconciliation.ts';
