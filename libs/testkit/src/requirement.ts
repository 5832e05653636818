import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Something a test needs beyond npm. Use: `it.skipIf(!need.met)` is silent, so call `ctx.skip(need.reason)`. */
export type Requirement = { readonly met: true } | { readonly met: false; readonly reason: string };

const EXTRA_PATHS = ['/usr/sbin', '/sbin', '/usr/local/sbin'];

/** Whether all these programs can be run; the reason names the missing ones and how to get them. */
export function requirement(...programs: readonly string[]): Requirement {
  const missing = programs.filter((program) => !canRun(program));
  return missing.length === 0
    ? { met: true }
    : { met: false, reason: `${missing.join(', ')} not installed (npm run setup:system)` };
}

function canRun(program: string): boolean {
  return [...(process.env['PATH'] ?? '').split(delimiter), ...EXTRA_PATHS].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
