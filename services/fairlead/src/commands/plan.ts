import { readFile } from 'node:fs/promises';
import {
  exportedVersion,
  generate,
  planChanges,
  readConfiguration,
  readScript,
  setupNotes,
  type Configuration,
} from '@fairlead/routeros-config';
import { exitCodes, UsageError } from '../exit.ts';
import { describePlan, type PlanReport } from '../router-setup/describe-plan.ts';
import { describeSite, parseVersion, type RouterOsVersion } from '../router-setup/describe-site.ts';
import { findRouter, sessionOpener, type RouterOptions } from '../router-setup/open-setup-session.ts';
import { readRouter } from '../router-setup/read-router.ts';
import { planCommands } from '../router-setup/setup-commands.ts';
import type { Router } from '@fairlead/model';

export interface PlanOptions extends RouterOptions {
  readonly rsc?: string;
  readonly routeros?: string;
  readonly json: boolean;
}

/**
 * `fairlead plan ROUTER`: what would have to change on a router, in RouterOS syntax. Changes nothing. Exit code 0: nothing;
 * 3: something; 1: something stands in the way, or the router could not be read.
 */
export async function planRouter(name: string, options: PlanOptions): Promise<number> {
  const { router } = await findRouter(name, options.config);
  const report =
    options.rsc === undefined
      ? await ofRouter(router, options)
      : await ofExport(router, options.rsc, options);
  const { conflicts, operations } = report.plan;
  const { script, talk } = describePlan(report);
  if (options.json) {
    const { notes } = report;
    process.stdout.write(
      `${JSON.stringify({ router: router.name, of: report.of, conflicts, notes, operations, script })}\n`,
    );
  } else {
    for (const line of talk) process.stderr.write(`${line}\n`);
    process.stdout.write(script);
  }
  if (conflicts.length > 0) return exitCodes.failed;
  return operations.length === 0 ? exitCodes.ok : exitCodes.differs;
}

async function ofRouter(router: Router, options: PlanOptions): Promise<PlanReport> {
  const session = await sessionOpener(router, options, planCommands)();
  try {
    const { version, configuration } = await readRouter(session);
    return report(router, `RouterOS ${version}`, parseVersion(version), configuration);
  } finally {
    await session.close();
  }
}

async function ofExport(router: Router, file: string, { routeros }: PlanOptions): Promise<PlanReport> {
  const script = readScript(await readFile(file, 'utf8'));
  const { configuration, problems } = readConfiguration(script);
  for (const { line, column, message } of problems) {
    process.stderr.write(`${file}:${line}:${column}: left out: ${message}\n`);
  }
  const version = routeros === undefined ? exportedVersion(script) : parseVersion(routeros);
  if (!version) throw new UsageError(`${file} does not say which RouterOS it is of; add --routeros 7.20`);
  return report(router, `${file}, RouterOS ${version.major}.${version.minor}`, version, configuration);
}

function report(router: Router, of: string, version: RouterOsVersion, current: Configuration): PlanReport {
  const site = describeSite(router, version);
  return {
    router: router.name,
    of,
    plan: planChanges(generate(site), current),
    notes: setupNotes(site, current),
    current,
  };
}
