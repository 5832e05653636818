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
  process.stderr.write(`fairlead: ${error instanceof Error ? describeError(error) : String(error)}\n`);
  if (process.env['FAIRLEAD_DEBUG'] !== undefined && error instanceof Error) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

const folderProblems: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'there is a file in its way',
  EEXIST: 'there is a file in its place',
  ENOSPC: 'the disk is full',
};

/** What an error says; of a folder that cannot be made, what to do instead. */
function describeError(error: Error): string {
  const { code = '', syscall, path = '' } = error as NodeJS.ErrnoException;
  const problem = syscall === 'mkdir' ? folderProblems[code] : undefined;
  if (problem === undefined) return error.message;
  return `cannot make ${path}: ${problem}; name another data directory (dataDirectory, --data-directory)`;
}
