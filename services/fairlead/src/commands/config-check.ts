import type { Router } from '@fairlead/model';
import { loadConfig } from '@fairlead/runtime';
import { fairleadConfigSchema } from '../config.ts';
import { exitCodes } from '../exit.ts';
import { interfaceProblems } from '../router-setup/interface-problems.ts';
import { askRouter, readExports, type RouterFacts } from '../router-setup/router-facts.ts';

export interface ConfigCheckOptions {
  /** Exports to compare with: `FILE`, or `ROUTER=FILE`. */
  readonly rsc?: readonly string[];
  /** Asks the routers of which there is no export. */
  readonly live: boolean;
  /** Longest wait for one answer of a router, in milliseconds. */
  readonly timeout: number;
}

const MOST_ASKED_AT_ONCE = 16;

/**
 * `fairlead config check FILE`: refuses, with its place, what cannot hold by itself, and interfaces of WANs that the router has
 * not, as its export or the router itself says. Exit code 1: a router that was to be asked did not answer.
 * @throws ConfigError, UsageError
 */
export async function checkConfig(file: string, options: ConfigCheckOptions): Promise<number> {
  const { routers } = await loadConfig(fairleadConfigSchema, file, process.env);
  const facts = await readExports(routers, options.rsc ?? []);
  const asked = routers.filter(({ name, api }) => options.live && api !== undefined && !facts.has(name));
  const silent = await askAll(asked, options.timeout, facts);
  await loadConfig(schemaBeside(facts), file, process.env);
  const wans = routers.reduce((sum, router) => sum + router.wans.length, 0);
  const armed = routers.filter((router) => router.mode === 'armed').length;
  const compared = facts.size > 0 ? `; the interfaces of ${facts.size} are there` : '';
  process.stderr.write(
    `${file}: valid; ${routers.length} routers, ${wans} WANs, ${armed} armed${compared}\n`,
  );
  return silent > 0 ? exitCodes.failed : exitCodes.ok;
}

/** The schema of the configuration, which also refuses what the routers do not have. */
const schemaBeside = (facts: ReadonlyMap<string, RouterFacts>): typeof fairleadConfigSchema =>
  fairleadConfigSchema.superRefine(({ routers }, context) => {
    routers.forEach((router, index) => {
      const known = facts.get(router.name);
      for (const { wan, message } of known ? interfaceProblems(router, known) : []) {
        context.addIssue({ code: 'custom', path: ['routers', index, 'wans', wan, 'interface'], message });
      }
    });
  });

/** Adds what the routers say; those that do not answer are told, and their number is returned. */
async function askAll(
  routers: readonly Router[],
  timeoutMs: number,
  facts: Map<string, RouterFacts>,
): Promise<number> {
  const left = [...routers];
  let silent = 0;
  const askNext = async (): Promise<void> => {
    for (let router = left.shift(); router; router = left.shift()) {
      try {
        facts.set(router.name, await askRouter(router, timeoutMs));
      } catch (error) {
        silent += 1;
        process.stderr.write(`${router.name} is not compared: ${(error as Error).message}\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: MOST_ASKED_AT_ONCE }, askNext));
  return silent;
}
