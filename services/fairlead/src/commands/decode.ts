import { createCaptureProblems } from '@fairlead/pcap';
import { exitCodes } from '../exit.ts';
import { FileError, readFlowDatagrams } from '../records/datagram-files.ts';
import { createLineOutput } from '../records/line-output.ts';
import { createRecordPrinter } from '../records/record-printer.ts';
import { createDecodeProgress, totalBytesOf } from './decode-progress.ts';

export interface DecodeOptions {
  /** JSON lines or lines to read; absent for what fits the output. */
  readonly json?: boolean;
}

/**
 * `fairlead decode FILE…`: records on standard output, and the totals as the last line of standard error. Returns the
 * exit code: a file that cannot be read is a failure, whatever is wrong in its datagrams is data.
 */
export async function decodeFiles(files: readonly string[], options: DecodeOptions): Promise<number> {
  const output = createLineOutput(process.stdout);
  const printer = createRecordPrinter({ json: options.json ?? !process.stdout.isTTY });
  const captureProblems = createCaptureProblems();
  const progress = createDecodeProgress({
    // Records on the same terminal show by themselves how far it is.
    stream: process.stdout.isTTY ? { write: () => undefined } : process.stderr,
    totalBytes: totalBytesOf(files),
    counts: printer.totals,
    monotonicMs: () => performance.now(),
  });
  let exitCode: number = exitCodes.ok;
  for (const file of files) {
    try {
      for (const datagram of readFlowDatagrams(file, captureProblems, printer.countProblem, progress.read)) {
        for (const line of printer.linesOf({ ...datagram, router: '' })) {
          if (await output.write(line)) continue;
          progress.clear();
          return exitCode;
        }
      }
    } catch (error) {
      progress.clear();
      if (!(error instanceof FileError)) throw error;
      process.stderr.write(`fairlead: ${error.message}\n`);
      exitCode = exitCodes.failed;
    }
  }
  progress.clear();
  if (!(await output.flush())) return exitCode;
  for (const [kind, count] of captureProblems.counts) printer.countProblem(kind, count);
  process.stderr.write(`${JSON.stringify(printer.totals())}\n`);
  return exitCode;
}
