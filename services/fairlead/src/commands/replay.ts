import { createTelemetry } from '@fairlead/runtime';
import { topics } from '@fairlead/topics';
import { openEventLog } from '../compose.ts';
import { locateConfig, type WhereOptions } from '../data-directory.ts';
import { exitCodes, UsageError } from '../exit.ts';
import { createLineOutput } from '../records/line-output.ts';
import { readRawDatagrams } from '../records/read-raw-datagrams.ts';
import { createRecordPrinter } from '../records/record-printer.ts';
import { findTopic } from '../topic-names.ts';
import { replaceStoredFlows } from './replay-write.ts';

export interface ReplayOptions extends WhereOptions {
  /** Unix milliseconds. */
  readonly since: number;
  /** Unix milliseconds, not included; absent for everything up to now. */
  readonly until?: number;
  /** JSON lines or lines to read; absent for what fits the output. */
  readonly json?: boolean;
  /** Puts what comes of it in the place of what the store has. */
  readonly write: boolean;
  /** With `write`: counts, and leaves the store as it is. */
  readonly dryRun: boolean;
}

/** How far before the range templates are looked for; exporters announce theirs every few minutes. */
const TEMPLATES_BEFORE_MS = 3_600_000;

/**
 * `fairlead replay raw.netflow --since …`: decodes again what the raw topic still holds, with the decoder of this
 * version. Without `--write` it reads only: neither the log, nor the group of the flow decoder, nor the store is changed.
 */
export async function replayTopic(name: string, options: ReplayOptions): Promise<number> {
  if (findTopic(name)?.name !== topics.rawNetflow.name) {
    throw new UsageError(`only raw.netflow can be replayed, not "${name}"`);
  }
  const { since, until } = options;
  if (until !== undefined && until <= since) throw new UsageError('--until must be later than --since');
  if (options.dryRun && !options.write) throw new UsageError('--dry-run belongs to --write');
  if (options.write) return replaceStoredFlows(options);
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
      if (until !== undefined && datagram.timeMs >= until) continue;
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
