import { join } from 'node:path';
import type { FairleadConfig } from './config.ts';

/** Where the tokens of this configuration are kept. */
export const tokenFileOf = ({
  live,
  dataDirectory,
}: Pick<FairleadConfig, 'live' | 'dataDirectory'>): string =>
  live.tokenFile ?? join(dataDirectory, 'tokens.json');
