import { temporaryFolder } from '@fairlead/testkit';
import { afterAll } from 'vitest';
import { describeEventLog } from '../testing/index.ts';
import { createEmbeddedLog } from './embedded-log.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

describeEventLog('the embedded log', async () => ({
  met: true,
  open: () => createEmbeddedLog({ directory: folder.path, pollMs: 50 }),
}));
