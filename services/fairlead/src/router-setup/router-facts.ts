import { readFile } from 'node:fs/promises';
import type { Router } from '@fairlead/model';
import { readConfiguration, readScript, type Configuration } from '@fairlead/routeros-config';
import { UsageError } from '../exit.ts';
import { sessionOpener } from './open-setup-session.ts';

/** What a router has, and where that was read. */
export interface RouterFacts {
  /** Such as `gw1.rsc`, or `192.0.2.1`. */
  readonly of: string;
  readonly configuration: Configuration;
}

/**
 * Reads exports, each given as `FILE` or `ROUTER=FILE`; the facts by the name of the router.
 * @throws UsageError on what is no export, or of no router that is known
 */
export async function readExports(
  routers: readonly Router[],
  given: readonly string[],
): Promise<Map<string, RouterFacts>> {
  const facts = new Map<string, RouterFacts>();
  for (const entry of given) {
    const [, named, file = entry] = /^([A-Za-z0-9][A-Za-z0-9_.-]*)=(.+)$/.exec(entry) ?? [];
    const configuration = await readExport(file);
    const { name } = routerOf(routers, named, file, configuration);
    const other = facts.get(name)?.of;
    if (other !== undefined)
      throw new UsageError(`${other} and ${file} are both of ${name}; give one of them`);
    facts.set(name, { of: file, configuration });
  }
  return facts;
}

async function readExport(file: string): Promise<Configuration> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`cannot read the export ${file}: ${(error as Error).message}`);
  });
  const script = readScript(text);
  if (!script.statements.some(({ kind }) => kind === 'command')) {
    throw new UsageError(`${file} does not read as an export of RouterOS`);
  }
  const { configuration, problems } = readConfiguration(script);
  for (const { line, column, message } of problems) {
    process.stderr.write(`${file}:${line}:${column}: left out: ${message}\n`);
  }
  return configuration;
}

/** Whose export it is: as somebody said, by its identity, or of the only router there is. */
function routerOf(
  routers: readonly Router[],
  named: string | undefined,
  file: string,
  { settings }: Configuration,
): Router {
  const identity = settings.get('/system identity')?.['name'];
  const ofIdentity = routers.find(
    ({ name, syslog }) => identity !== undefined && [name, syslog?.identity].includes(identity),
  );
  const only = routers.length === 1 ? routers[0] : undefined;
  const router =
    named === undefined ? (ofIdentity ?? only) : routers.find((candidate) => candidate.name === named);
  if (router) return router;
  const known = `the configuration has ${routers.map(({ name }) => name).join(', ') || 'none'}`;
  throw new UsageError(
    named === undefined
      ? `${file} does not say which router it is of; write ROUTER=${file}; ${known}`
      : `there is no router ${named}; ${known}`,
  );
}

const PRINT = '/interface/print';

/**
 * Asks a router for its interfaces by its API.
 * @throws UsageError where it has none, RouterosError
 */
export async function askRouter(router: Router, timeoutMs: number): Promise<RouterFacts> {
  const session = await sessionOpener(router, { timeout: timeoutMs }, [PRINT])();
  try {
    const { records } = await session.execute({ command: PRINT, attributes: { '.proplist': 'name' } });
    const interfaces = records.flatMap(({ name }) => (name === undefined ? [] : [{ name }]));
    const lists = new Map([['/interface', interfaces]]);
    return { of: router.address, configuration: { lists, settings: new Map() } };
  } finally {
    await session.close();
  }
}
