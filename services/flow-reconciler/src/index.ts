export { type FlowReconcilerConfig, flowReconcilerConfigSchema } from './config.ts';
export { createFlowReconciler, type FlowReconcilerDeps } from './flow-reconciler.ts';
