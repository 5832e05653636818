import { resolve } from 'node:path';
import { loadConfig } from '@fairlead/runtime';
import { expect, it } from 'vitest';
import { fairleadConfigSchema } from './config.ts';

it('the example in the documentation is a valid configuration, in observe mode', async () => {
  const file = resolve(import.meta.dirname, '../../../docs/examples/fairlead.yaml');
  const config = await loadConfig(fairleadConfigSchema, file, { GW1_PASSWORD: 'x', GW1_COMMUNITY: 'y' });
  expect(config.routers).toMatchObject([
    { name: 'gw1', mode: 'observe', wans: [{ name: 'ISP1' }, { name: 'ISP2' }] },
  ]);
});
