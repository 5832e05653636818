export { readScript } from './read-script.ts';
export type * from './script.ts';
export { writeScript } from './write-script.ts';
