export { createFlowEnricher, type FlowEnricher, type FlowPlaces, type Place } from './flow-enricher.ts';
