export { bufferAdjacent } from './buffer-adjacent.ts';
export { decodeRecords, type DecodedRecord } from './decode-records.ts';
export { detectSilence, type Sign, type Silence } from './detect-silence.ts';
export { createKeyedStates, type KeyedStates } from './keyed-states.ts';
export { scanByKey } from './scan-by-key.ts';
