/**
 * `npm run chaos`: the pipeline as separate processes, and what may happen to it. Exit code 0 only when nothing was lost,
 * nothing is there twice and the books balance.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type ChaosTotals, runChaos } from './chaos.ts';
import { failuresOf } from './support/judge.ts';

const HELP = `npm run chaos -- [options]

Runs the pipeline as separate processes, kills, stops and cuts off what it is made of while numbered records are
produced, and compares at the end what went into the event log with what the store holds.

  --seed N        what happens, and when (default: any; it is printed)
  --faults N      how many faults (default 200)
  --seconds N     how long the long faults last: a store that refuses, a broker that stands still (default 60)
  --log KIND      embedded (default), or kafka: a real broker of its own
  --keep          keep the folder with the data and what the processes said
  --json          the totals as one JSON object on standard output
  --help          this text
`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      faults: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '60' },
      log: { type: 'string', default: 'embedded' },
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [seed, faults, seconds] = [values.seed, values.faults, values.seconds].map(Number);
  const { log } = values;
  const areCounts = [seed, faults, seconds].every((value) => Number.isInteger(value) && Number(value) >= 0);
  if (!areCounts || (log !== 'embedded' && log !== 'kafka')) {
    process.stderr.write(HELP);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-chaos-'));
  process.stderr.write(`seed ${seed}, log ${log}; what the processes say is in ${folder}\n`);
  const totals = await runChaos({
    seed: seed ?? 0,
    faults: faults ?? 0,
    longMs: (seconds ?? 0) * 1_000,
    log,
    folder,
    onFault: (number, name) => process.stderr.write(`${number}/${faults} ${name}\n`),
  });
  const failures = failuresOf(totals);
  print(totals, values.json);
  for (const failure of failures) process.stderr.write(`chaos: ${failure}\n`);
  if (values.keep || failures.length > 0) process.stderr.write(`kept: ${folder}\n`);
  else rmSync(folder, { recursive: true, force: true });
  return failures.length === 0 ? 0 : 1;
}

function print(totals: ChaosTotals, isJson: boolean): void {
  if (isJson) {
    process.stdout.write(`${JSON.stringify(totals)}\n`);
    return;
  }
  const { faults, recordsIn, stored, lost, duplicated, seconds, flowDatagrams } = totals;
  const dropped = totals.windows.reduce((sum, window) => sum + window.dropped, 0);
  process.stdout.write(
    `${faults} faults in ${seconds} s: ${recordsIn} records in, ${stored} stored, ${lost} lost, ${duplicated} duplicated\n` +
      `${flowDatagrams.sent} flow datagrams sent, ${flowDatagrams.inLog} in the log, ${dropped} dropped for want of room\n`,
  );
}
