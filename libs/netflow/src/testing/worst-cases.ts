import {
  buildIpfix,
  buildSet,
  buildV9,
  bytes,
  optionsTemplateRecord,
  templateRecord,
  type V9Field,
} from './build-v9.ts';

/** A datagram that is as expensive as it can be, and what an attacker would send before it. */
export interface WorstCase {
  readonly name: string;
  readonly before: readonly Uint8Array[];
  readonly datagram: Uint8Array;
}

/** What fits UDP over IPv4, less the header of v9. */
const ROOM = 65_507 - 20;

const fill = (count: number, value: number): Uint8Array => new Uint8Array(count).fill(value);
const repeat = (count: number, part: (i: number) => Uint8Array): Uint8Array => {
  const parts = Array.from({ length: count }, (_, i) => part(i));
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const each of parts) {
    all.set(each, at);
    at += each.length;
  }
  return all;
};

const template = (id: number, fields: readonly V9Field[]): Uint8Array =>
  buildV9({}, buildSet(0, templateRecord(id, fields)));
const fullSet = (id: number, bytesEach: number): Uint8Array =>
  buildV9({}, buildSet(id, fill(Math.floor((ROOM - 4) / bytesEach) * bytesEach, 7)));
const many = (count: number, field: V9Field): V9Field[] => Array.from({ length: count }, () => field);

const dataOf = (name: string, fields: readonly V9Field[]): WorstCase => ({
  name,
  before: [template(256, fields)],
  datagram: fullSet(
    256,
    fields.reduce((sum, [, length]) => sum + (length === 65_535 ? 1 : length), 0),
  ),
});

/** As many templates as one datagram may announce, of as many fields. */
const templatesFrom = (firstId: number): Uint8Array =>
  buildIpfix(
    { domain: 9 },
    buildSet(
      2,
      repeat(256, (i) => templateRecord(firstId + i, many(8, [1, 4]))),
    ),
  );

/** As many as the memory keeps of one exporter. */
const allTemplates = Array.from({ length: 4 }, (_, i) => templatesFrom(256 + 256 * i));

/** Made so that each does one thing as often as 65 507 bytes allow. */
export const worstCases: readonly WorstCase[] = [
  dataOf('records of one byte', [[4, 1]]),
  dataOf('records of one byte and fields without length', [...many(60, [8, 0]), [4, 1]]),
  dataOf('records of an IPv6 address', [[27, 16]]),
  dataOf('records of two IPv6 addresses', [
    [27, 16],
    [28, 16],
  ]),
  dataOf(
    'records of every field of 64 bits',
    [1, 23, 2, 24, 152, 153, 160].map((type) => [type, 8]),
  ),
  dataOf('records of times', [
    [154, 8],
    [156, 8],
    [22, 4],
    [21, 4],
  ]),
  dataOf('records of 512 fields', many(512, [1, 8])),
  dataOf('records of 512 fields of one byte', many(512, [4, 1])),
  {
    name: 'records of variable length and no content',
    before: [buildIpfix({}, buildSet(2, templateRecord(256, [[82, 65_535]])))],
    datagram: buildIpfix({}, buildSet(256, fill(ROOM - 4, 0))),
  },
  {
    name: 'records of 512 fields of variable length',
    before: [buildIpfix({}, buildSet(2, templateRecord(256, many(512, [82, 65_535]))))],
    datagram: buildIpfix({}, buildSet(256, fill(ROOM - 4, 0))),
  },
  {
    name: 'records of fields of variable length between others',
    before: [
      buildIpfix(
        {},
        buildSet(
          2,
          templateRecord(
            256,
            Array.from({ length: 512 }, (_, i): V9Field => (i % 2 === 0 ? [82, 65_535] : [4, 1])),
          ),
        ),
      ),
    ],
    datagram: buildIpfix({}, buildSet(256, fill(ROOM - 4, 0))),
  },
  {
    name: 'options of one byte',
    before: [buildV9({}, buildSet(1, optionsTemplateRecord(256, [], [[34, 1]])))],
    datagram: fullSet(256, 1),
  },
  {
    name: 'samplers',
    before: [
      buildV9(
        {},
        buildSet(
          1,
          optionsTemplateRecord(
            256,
            [],
            [
              [48, 2],
              [34, 1],
            ],
          ),
        ),
      ),
    ],
    datagram: buildV9(
      {},
      buildSet(
        256,
        repeat(Math.floor((ROOM - 4) / 3), (i) => bytes([i, 2], [9, 1])),
      ),
    ),
  },
  {
    name: 'templates of one field',
    before: [],
    datagram: buildV9(
      {},
      buildSet(
        0,
        repeat(Math.floor((ROOM - 4) / 8), (i) => templateRecord(256 + i, [[1, 4]])),
      ),
    ),
  },
  {
    name: 'templates of an exporter that has as many as it may',
    before: allTemplates,
    datagram: templatesFrom(20_000),
  },
  {
    name: 'first data of as many templates as there are sets',
    before: allTemplates,
    datagram: buildIpfix(
      { domain: 9 },
      repeat(512, (i) => buildSet(256 + i, fill(32, 7))),
    ),
  },
  {
    name: 'first data of the longest templates',
    before: [0, 1, 2, 3].map((part) =>
      buildIpfix(
        { domain: 9 },
        buildSet(
          2,
          repeat(4, (i) => templateRecord(256 + 4 * part + i, many(512, [1, 4]))),
        ),
      ),
    ),
    datagram: buildIpfix(
      { domain: 9 },
      repeat(16, (i) => buildSet(256 + i, fill(2_048, 7))),
    ),
  },
  {
    name: 'templates with their data behind each',
    before: [],
    datagram: buildIpfix(
      { domain: 9 },
      repeat(256, (i) =>
        repeat(2, (part) =>
          part === 0 ? buildSet(2, templateRecord(256 + i, many(8, [1, 4]))) : buildSet(256 + i, fill(32, 7)),
        ),
      ),
    ),
  },
  {
    name: 'one template again and again',
    before: [],
    datagram: buildV9(
      {},
      buildSet(
        0,
        repeat(Math.floor((ROOM - 4) / 8), () => templateRecord(256, [[1, 4]])),
      ),
    ),
  },
  {
    name: 'template sets of one template',
    before: [],
    datagram: buildV9(
      {},
      repeat(Math.floor(ROOM / 12), (i) => buildSet(0, templateRecord(256 + i, [[1, 4]]))),
    ),
  },
  { name: 'a template of 16 000 fields', before: [], datagram: template(256, many(16_000, [1, 8])) },
  {
    name: 'a template of 8 000 fields, twice',
    before: [],
    datagram: buildV9(
      {},
      buildSet(0, templateRecord(256, many(8_000, [4, 1])), templateRecord(257, many(8_000, [8, 4]))),
    ),
  },
  {
    name: 'a template of 16 000 fields of variable length',
    before: [],
    datagram: buildIpfix({}, buildSet(2, templateRecord(256, many(16_000, [82, 65_535])))),
  },
  {
    name: 'templates of 512 fields',
    before: [],
    datagram: buildV9(
      {},
      buildSet(
        0,
        repeat(31, (i) => templateRecord(256 + i, many(512, [4, 1]))),
      ),
    ),
  },
  {
    name: 'a template that says 65 535 fields',
    before: [],
    datagram: buildV9({}, buildSet(0, bytes([256, 2], [65_535, 2]), fill(ROOM - 8, 4))),
  },
  {
    name: 'templates of no fields',
    before: [],
    datagram: buildV9(
      {},
      buildSet(
        0,
        repeat(Math.floor((ROOM - 4) / 4), (i) => bytes([256 + (i % 999), 2], [0, 2])),
      ),
    ),
  },
  {
    name: 'empty sets that wait',
    before: [],
    datagram: buildV9(
      {},
      repeat(Math.floor(ROOM / 4), (i) => buildSet(256 + (i % 60_000))),
    ),
  },
  {
    name: 'sets that wait',
    before: [],
    datagram: buildV9(
      {},
      repeat(Math.floor(ROOM / 5), (i) => buildSet(256 + (i % 60_000), fill(1, 1))),
    ),
  },
  {
    name: 'empty sets of a known template',
    before: [template(256, [[4, 1]])],
    datagram: buildV9(
      {},
      repeat(Math.floor(ROOM / 4), () => buildSet(256)),
    ),
  },
  {
    name: 'sets of one record',
    before: [template(256, [[4, 1]])],
    datagram: buildV9(
      {},
      repeat(Math.floor(ROOM / 5), () => buildSet(256, fill(1, 1))),
    ),
  },
  {
    name: 'reserved sets',
    before: [],
    datagram: buildV9(
      {},
      repeat(Math.floor(ROOM / 4), () => buildSet(77)),
    ),
  },
  {
    name: 'a template that many sets waited for',
    before: [
      buildV9(
        {},
        repeat(250, () => buildSet(256, fill(4, 1))),
      ),
    ],
    datagram: template(256, [[4, 1]]),
  },
  {
    name: 'a template that 63 KB of records of one byte waited for',
    before: [buildV9({}, buildSet(256, fill(64_000, 1)))],
    datagram: template(256, [[4, 1]]),
  },
  {
    name: 'withdrawals',
    before: [templatesFrom(256)],
    datagram: buildIpfix(
      { domain: 9 },
      buildSet(
        2,
        repeat(16_000, (i) => bytes([256 + i, 2], [0, 2])),
      ),
    ),
  },
  {
    name: 'withdrawals of all, beside the templates of another domain',
    before: allTemplates,
    datagram: buildIpfix(
      { domain: 1 },
      buildSet(
        2,
        repeat(16_000, () => bytes([2, 2], [0, 2])),
      ),
    ),
  },
  {
    name: 'templates and withdrawals of all in turn',
    before: allTemplates,
    datagram: buildIpfix(
      { domain: 1 },
      buildSet(
        2,
        repeat(5_400, () => bytes([256, 2], [1, 2], [1, 2], [4, 2], [2, 2], [0, 2])),
      ),
    ),
  },
  {
    name: 'v5',
    before: [],
    datagram: bytes([5, 2], [1_364, 2], fill(20, 1), fill(1_364 * 48, 7)),
  },
];
