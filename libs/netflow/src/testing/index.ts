export {
  buildIpfix,
  buildSet,
  buildV9,
  bytes,
  optionsTemplateRecord,
  templateRecord,
  type V9Field,
} from './build-v9.ts';
export { type Family, loadFamilies, type TsharkRecord } from './families.ts';
export { type WorstCase, worstCases } from './worst-cases.ts';
