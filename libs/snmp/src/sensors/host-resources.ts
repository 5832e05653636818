import { readText } from '../text.ts';
import { type Sensor, unsignedNumber } from './sensor.ts';
import { type SensorTable, sensorTable } from './sensor-table.ts';

/** HOST-RESOURCES-MIB (RFC 2790): processors, memory and disks. */
const HR = '1.3.6.1.2.1.25';
const STORAGE = `${HR}.2.3.1`;
/** hrStorageRam and hrStorageVirtualMemory. */
const MEMORY_TYPES = new Set([`${HR}.2.1.2`, `${HR}.2.1.3`]);

const storageTable: SensorTable = {
  name: 'hrStorageTable',
  columns: {
    type: `${STORAGE}.2`,
    name: `${STORAGE}.3`,
    unit: `${STORAGE}.4`,
    size: `${STORAGE}.5`,
    used: `${STORAGE}.6`,
  },
  entry: STORAGE,
  toSensors(index, row) {
    const unitBytes = unsignedNumber(row['unit']);
    if (unitBytes === undefined || unitBytes === 0) return [];
    const kind = MEMORY_TYPES.has(String(row['type'])) ? 'memory' : 'storage';
    const sensor = readText(row['name']) || index;
    const part = (what: string, column: number, value: number | undefined): Sensor[] =>
      value === undefined
        ? []
        : [
            {
              metric: `${kind}_${what}_bytes`,
              sensor,
              value: value * unitBytes,
              oid: `${STORAGE}.${column}.${index}`,
            },
          ];
    return [
      ...part('total', 5, unsignedNumber(row['size'])),
      ...part('used', 6, unsignedNumber(row['used'])),
    ];
  },
};

export const hostResourceTables: readonly SensorTable[] = [
  sensorTable('hrProcessorTable', `${HR}.3.3.1`, {
    isInterface: false,
    sensors: { 2: { metric: 'processor_load_percent' } },
  }),
  storageTable,
];
