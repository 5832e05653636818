import { ConfigError } from '@fairlead/runtime';
import { StoreError } from '@fairlead/telemetry-store';

/** Exit codes of the command line; the reference in the README is this list. */
export const exitCodes = {
  /** What was asked for holds. */
  ok: 0,
  /** It was tried and failed. */
  failed: 1,
  /** The command line or the configuration is wrong; nothing was tried. */
  usage: 2,
} as const;

/** Says what went wrong on standard error, in one line for each problem, and returns the exit code. */
export function explainFailure(error: unknown): number {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) process.stderr.write(`${problem}\n`);
    return exitCodes.usage;
  }
  if (error instanceof StoreError) {
    process.stderr.write(`${error.message}\n`);
    return exitCodes.failed;
  }
  process.stderr.write(`fairlead: ${error instanceof Error ? error.message : String(error)}\n`);
  if (process.env['FAIRLEAD_DEBUG'] !== undefined && error instanceof Error) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
  return exitCodes.failed;
}
