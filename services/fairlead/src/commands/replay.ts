import { createTelemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { openEventLog } from '../compose.ts';
import { locateConfig, type WhereOptions } from '../data-directory.ts';
import { exitCodes, UsageError } from '../exit.ts';
import { createLineOutput } from '../records/line-output.ts';
import { readRawDatagrams } from '../records/read-raw-datagrams.ts';
import { createRecordPrinter } from '../records/record-printer.ts';
import { findTopic } from '../topic-names.ts';

export interface ReplayOptions extends WhereOptions {
  /** Unix milliseconds. */
  readonly since: number;
  /** JSON lines or lines to read; absent for what fits the output. */
  readonly json?: boolean;
}

/** How far before the range templates are looked for; exporters announce theirs every few minutes. */
const TEMPLATES_BEFORE_MS = 3_600_000;

/**
 * `fairlead replay raw.netflow --since …`: decodes again what the raw topic still holds, with the decoder of this
 * version. It reads only: neither the log, nor the group of the flow decoder, nor the store is changed.
 */
export async function replayTopic(name: string, options: ReplayOptions): Promise<number> {
  if (findTopic(name)?.name !== topics.rawNetflow.name) {
    throw new UsageError(`only raw.netflow can be replayed, not "${name}"`);
  }
  const log = await openEventLog(await locateConfig(options), createTelemetry({ level: 'warn' }));
  try {
    const output = createLineOutput(process.stdout);
    const printer = createRecordPrinter({
      json: options.json ?? !process.stdout.isTTY,
      sinceMs: options.since,
    });
    const datagrams = readRawDatagrams(log, options.since - TEMPLATES_BEFORE_MS, () =>
      printer.countProblem('broken-record'),
    );
    for await (const datagram of datagrams) {
      for (const line of printer.linesOf(datagram)) {
        if (!(await output.write(line))) return exitCodes.ok;
      }
    }
    if (await output.flush()) process.stderr.write(`${JSON.stringify(printer.totals())}\n`);
    return exitCodes.ok;
  } finally {
    await log.close();
  }
}
