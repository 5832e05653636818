import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { type Topic, topics } from './index.ts';

it.each(Object.values(topics) as unknown as readonly Topic<unknown>[])(
  '$name says which message its records are, and its version in its name',
  ({ name, version, schema: { file, message } }) => {
    const proto = readFileSync(resolve(import.meta.dirname, '../../../schemas/fairlead/v1', file), 'utf8');
    expect(proto).toMatch(new RegExp(`^message ${message} \\{`, 'm'));
    expect(name).toMatch(new RegExp(`\\.v${version}$`));
  },
);
