import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capturesFolder } from '@fairlead/testkit';
import { describe, expect, it } from 'vitest';
import { runFairlead } from './support/fairlead-process.ts';

/** What tshark makes of the files of one exporter. */
interface Family {
  readonly name: string;
  readonly files: readonly string[];
  readonly tshark: {
    readonly pdus: number;
    /** Data records, those of options included. */
    readonly records: number;
    readonly templates: readonly number[];
    readonly option_templates: readonly number[];
  };
}

interface Totals {
  readonly datagrams: number;
  readonly flows: number;
  readonly options: number;
  readonly templates: number;
  readonly problems: Readonly<Record<string, number>>;
}

/** Where we read more than tshark, and why that is right. */
const beyondTshark: ReadonlyMap<string, { readonly records: number; readonly templates?: number }> = new Map([
  // A set stands before its template in the same packet; it waits, and gives its 11 flows.
  ['akv_v9_data_templates', { records: 22 }],
  // Two of six sets without a template see it come later; nfcapd has their nine flows too.
  ['pmacct_112', { records: 85 }],
  // tshark stops at an options template whose set is not padded; nfcapd does not.
  ['v9_invalid01', { records: 3, templates: 3 }],
]);

/** What must be said of a family beside its records; of the others nothing. */
const expectedProblems: ReadonlyMap<string, Readonly<Record<string, number>>> = new Map(
  Object.entries({
    // Twelve datagrams in one file are one datagram with something behind it.
    softflowd_v5: { 'trailing-bytes': 1 },
    v5_invalid01: { 'count-mismatch': 1 },
    ipt_netflow_v9: { 'template-missing': 6 },
    paloalto_81_v9: { 'set-length': 1 },
    ipfix_generic: { 'trailing-bytes': 1 },
    netscaler_ipfix: { 'template-missing': 1 },
    pmacct_112: { 'template-missing': 4 },
    // BMP over TCP in the same capture.
    pmacct_400: { 'not-udp': 23 },
  }),
);

const captures = capturesFolder();
const families = captures.met
  ? (JSON.parse(readFileSync(join(captures.path, 'netflow/families.json'), 'utf8')) as Family[])
  : [];

describe('fairlead decode on real captures', () => {
  it('there are captures', (ctx) => {
    if (!captures.met) return ctx.skip(captures.reason);
    expect(families.length).toBeGreaterThanOrEqual(44);
  });

  it.concurrent.each(families)('$name', async ({ name, files, tshark }) => {
    const paths = files.map((file) => join(captures.path, 'netflow', file));
    const { exitCode, stdout, stderr } = await runFairlead(['decode', '--json', ...paths]);
    expect(exitCode, stderr).toBe(0);

    const records = linesOf(stdout).map((line) => JSON.parse(line) as { kind: string; fields: object });
    const totals = JSON.parse(linesOf(stderr).at(-1) ?? '') as Totals;
    const beyond = beyondTshark.get(name);
    const announced = tshark.templates.length + tshark.option_templates.length;
    expect(records).toHaveLength(beyond?.records ?? tshark.records);
    // The captures are excerpts: `lost` is of what is not in them, and none of these.
    expect(totals).toMatchObject({
      datagrams: tshark.pdus,
      flows: records.filter(({ kind }) => kind === 'flow').length,
      options: records.filter(({ kind }) => kind === 'options').length,
      templates: beyond?.templates ?? announced,
    });
    expect(totals.problems).toEqual(expectedProblems.get(name) ?? {});
    expect(beyond?.records, 'an exception that is none').not.toBe(tshark.records);
    for (const { fields } of records) expect(Object.keys(fields)).not.toHaveLength(0);
  });
});

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
