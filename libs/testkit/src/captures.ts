import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Requirement } from './requirement.ts';

/** The folder of real captures, beside the project or where FAIRLEAD_CAPTURES says. */
export function capturesFolder(): Requirement & { readonly path: string } {
  const path = resolve(
    process.env['FAIRLEAD_CAPTURES'] ?? resolve(import.meta.dirname, '../../../../shared/captures'),
  );
  return existsSync(path)
    ? { met: true, path }
    : { met: false, path, reason: `no captures at ${path}; set FAIRLEAD_CAPTURES` };
}
