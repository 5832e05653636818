import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '@fairlead/runtime';
import { fairleadConfigSchema, type FairleadConfig } from './config.ts';
import { findRunning } from './run-file.ts';

export interface WhereOptions {
  readonly config?: string;
  readonly dataDirectory?: string;
}

const CANDIDATES = ['.fairlead', '.fairlead/demo'];

/**
 * The configuration that a command works on: of the file when one is named, otherwise the defaults on the data
 * directory that is named, that a pipeline runs on, or that exists.
 * @throws Error when there is none
 */
export async function locateConfig(options: WhereOptions): Promise<FairleadConfig> {
  if (options.config !== undefined) return loadConfig(fairleadConfigSchema, options.config, process.env);
  const dataDirectory = options.dataDirectory ?? (await findDataDirectory());
  if (!existsSync(join(dataDirectory, 'log'))) {
    throw new Error(`${dataDirectory} holds no data of Fairlead; name it by --data-directory or --config`);
  }
  return fairleadConfigSchema.parse({ dataDirectory });
}

async function findDataDirectory(): Promise<string> {
  for (const candidate of CANDIDATES) if (await findRunning(candidate)) return candidate;
  const existing = CANDIDATES.find((candidate) => existsSync(join(candidate, 'log')));
  if (existing === undefined) {
    throw new Error(
      'no data here yet: start `fairlead demo` or `fairlead run`, or name --data-directory or --config',
    );
  }
  return existing;
}
