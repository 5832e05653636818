export { capturesFolder } from './captures.ts';
export { freeUdpPort } from './free-port.ts';
export { randomNumbers } from './random-numbers.ts';
export { requirement, type Requirement } from './requirement.ts';
export { temporaryFolder } from './temporary-folder.ts';
export { until } from './until.ts';
