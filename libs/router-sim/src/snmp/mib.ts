import { interfaceType } from '../interface-type.ts';
import type { InterfaceReading, Kernel } from '../kernel/kernel.ts';
import { compareOids, encodeElement, encodeOid, encodeWhole, type Oid, tags } from './ber.ts';

/** One object instance; its value is encoded when it is read. */
export interface MibObject {
  readonly oid: Oid;
  read(): Uint8Array;
}

export interface MibSources {
  readonly kernel: Kernel;
  readonly identity: string;
  readonly boardName: string;
  readonly interfaceComments: Readonly<Record<string, string>>;
}

const SYSTEM = [1, 3, 6, 1, 2, 1, 1];
const IF_ENTRY = [1, 3, 6, 1, 2, 1, 2, 2, 1];
const IF_X_ENTRY = [1, 3, 6, 1, 2, 1, 31, 1, 1, 1];
const MIKROTIK = [1, 3, 6, 1, 4, 1, 14988, 1];

/** The ports are all 1 Gbit/s, however little the lines behind them carry. */
const PORT_BPS = 1_000_000_000;

const text = (value: string): Uint8Array => encodeElement(tags.octetString, Buffer.from(value, 'utf8'));
const integer = (value: number): Uint8Array => encodeWhole(tags.integer, value);
const gauge = (value: number): Uint8Array => encodeWhole(tags.gauge32, value);
const counter32 = (value: bigint): Uint8Array => encodeWhole(tags.counter32, BigInt.asUintN(32, value));
const counter64 = (value: bigint): Uint8Array => encodeWhole(tags.counter64, BigInt.asUintN(64, value));
const timeTicks = (ms: number): Uint8Array => encodeWhole(tags.timeTicks, Math.floor(ms / 10) % 2 ** 32);

/** The system group, and ifTable and ifXTable (RFC 2863) of the interfaces, in the order of a walk. */
export function createMib({ kernel, identity, boardName, interfaceComments }: MibSources): MibObject[] {
  const system: MibObject[] = [
    { oid: [...SYSTEM, 1, 0], read: () => text(`RouterOS ${boardName}`) },
    { oid: [...SYSTEM, 2, 0], read: () => encodeOid(MIKROTIK) },
    { oid: [...SYSTEM, 3, 0], read: () => timeTicks(kernel.uptimeMs()) },
    { oid: [...SYSTEM, 4, 0], read: () => text('') },
    { oid: [...SYSTEM, 5, 0], read: () => text(identity) },
    { oid: [...SYSTEM, 6, 0], read: () => text('') },
    { oid: [1, 3, 6, 1, 2, 1, 2, 1, 0], read: () => integer(kernel.interfaces().length) },
  ];
  const status = (reading: InterfaceReading): Uint8Array => integer(reading.running ? 1 : 2);
  const changedMs = (reading: InterfaceReading): number =>
    Math.max(reading.lastUpMs ?? 0, reading.lastDownMs ?? 0);
  const ifTable: Readonly<Record<number, (reading: InterfaceReading) => Uint8Array>> = {
    1: ({ index }) => integer(index),
    2: ({ name }) => text(name),
    3: ({ name }) => integer(interfaceType(name).ifType),
    4: () => integer(1_500),
    5: () => gauge(PORT_BPS),
    7: () => integer(1),
    8: status,
    9: (reading) => timeTicks(changedMs(reading)),
    10: ({ rxBytes }) => counter32(rxBytes),
    11: ({ rxPackets }) => counter32(rxPackets),
    13: () => counter32(0n),
    14: () => counter32(0n),
    16: ({ txBytes }) => counter32(txBytes),
    17: ({ txPackets }) => counter32(txPackets),
    19: () => counter32(0n),
    20: () => counter32(0n),
  };
  const ifXTable: typeof ifTable = {
    1: ({ name }) => text(name),
    6: ({ rxBytes }) => counter64(rxBytes),
    7: ({ rxPackets }) => counter64(rxPackets),
    10: ({ txBytes }) => counter64(txBytes),
    11: ({ txPackets }) => counter64(txPackets),
    15: () => gauge(PORT_BPS / 1e6),
    18: ({ name }) => text(interfaceComments[name] ?? ''),
  };
  const table = (entry: Oid, columns: typeof ifTable): MibObject[] =>
    Object.entries(columns).flatMap(([column, encode]) =>
      kernel.interfaces().map(({ index }) => ({
        oid: [...entry, Number(column), index],
        read() {
          const reading = kernel.interfaces().find((candidate) => candidate.index === index);
          return reading ? encode(reading) : encodeElement(tags.noSuchInstance);
        },
      })),
    );
  return [...system, ...table(IF_ENTRY, ifTable), ...table(IF_X_ENTRY, ifXTable)].sort((a, b) =>
    compareOids(a.oid, b.oid),
  );
}
