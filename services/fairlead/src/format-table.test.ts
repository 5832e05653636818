import { expect, it } from 'vitest';
import { formatTable } from './format-table.ts';

it('sets numbers to the right, text to the left, and a dash under numbers as one', () => {
  expect(
    formatTable(
      ['TOPIC', 'BYTES', 'OWNER'],
      [
        ['raw.netflow', 1_234_567, 'pid 1'],
        ['flows', '-', ''],
      ],
    ),
  ).toBe(
    ['TOPIC          BYTES  OWNER', 'raw.netflow  1234567  pid 1', 'flows              -', ''].join('\n'),
  );
});
