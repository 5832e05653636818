import { addressToBytes } from '@fairlead/model';
import { expect, it } from 'vitest';
import { createTemplateStore, decodeRecords } from './index.ts';
import { bytes } from './testing/build-v9.ts';

const context = {
  timeMs: 1_700_000_000_000,
  exporter: addressToBytes('192.0.2.1'),
  router: '',
  templates: createTemplateStore(),
};
const header = (version: number, count = 1): Uint8Array =>
  bytes([version, 2], [count, 2], [60_000, 4], [1_700_000_000, 4], [0, 4]);
const common = bytes(
  [0x0a00_0005, 4],
  [0xc633_6407, 4],
  [0, 4],
  [2, 2],
  [3, 2],
  [7, 4],
  [4_200, 4],
  [50_000, 4],
  [55_000, 4],
  [51_000, 2],
  [443, 2],
);
const expected = {
  srcAddress: addressToBytes('10.0.0.5'),
  dstAddress: addressToBytes('198.51.100.7'),
  srcPort: 51_000,
  dstPort: 443,
  bytes: 4_200,
  packets: 7,
  protocol: 6,
  tos: 0x2e,
  tcpFlags: 0x1b,
  startMs: 1_699_999_990_000,
};

it('reads NetFlow v1, whose records have 48 bytes', () => {
  const record = bytes(common, [0, 2], [6, 1], [0x2e, 1], [0x1b, 1], [0, 7]);
  const decoded = decodeRecords(bytes(header(1, 2), record, record), context);
  expect(decoded).toMatchObject({ version: 1, problems: [], flows: [expected, expected] });
});

it('reads NetFlow v7, with the router that was bypassed', () => {
  const rest = bytes(
    [0, 1],
    [0x1b, 1],
    [6, 1],
    [0x2e, 1],
    [65_001, 2],
    [65_002, 2],
    [24, 1],
    [16, 1],
    [0, 2],
  );
  const decoded = decodeRecords(bytes(header(7), [0, 8], common, rest, [0xc000_0201, 4]), context);
  expect(decoded).toMatchObject({ version: 7, problems: [], flows: [{ ...expected, srcAs: 65_001 }] });
  expect(decoded.records[0]?.fields['router_sc']).toBe(0xc000_0201);
});
