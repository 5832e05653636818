import { ConfigError } from '@fairlead/runtime';

/** Exit codes of the command line; the reference in the README is this list. */
export const exitCodes = {
  /** What was asked for holds. */
  ok: 0,
  /** It was tried and failed. */
  failed: 1,
  /** The command line or the configuration is wrong; nothing was tried. */
  usage: 2,
  /** Looked at and found to be otherwise than the configuration says. */
  differs: 3,
} as const;

/** The command line asks for something that does not exist. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Says what went wrong on standard error, in one line for each problem, and returns the exit code. */
export function explainFailure(error: unknown): number {
  if (error instanceof ConfigError) {
    for (const problem of error.problems) process.stderr.write(`${problem}\n`);
    return exitCodes.usage;
  }
  process.stderr.write(`fairlead: ${error instanceof Error ? error.message : String(error)}\n`);
  if (process.env['FAIRLEAD_DEBUG'] !== undefined && error instanceof Error) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}
