import { readFile, writeFile } from 'node:fs/promises';
import { readConfiguration, readScript } from '@fairlead/routeros-config';
import { CertificateError, openRouterSession } from '@fairlead/routeros';
import { UsageError } from '../exit.ts';
import { readRouter } from '../router-setup/read-router.ts';
import { planCommands } from '../router-setup/setup-commands.ts';
import { type SuggestedRouter, suggestRouter } from '../router-setup/suggest-router.ts';

export interface ConfigInitOptions {
  /** Address of a router to read. */
  readonly router?: string;
  readonly user: string;
  readonly port?: number;
  /** SHA-256 of its certificate. */
  readonly fingerprint?: string;
  /** Without TLS. */
  readonly plain: boolean;
  /** An export to read instead of the router. */
  readonly rsc?: string;
}

/** Stands where somebody has to fill in what no router knows. */
const TO_FILL_IN = 'TODO';
const NOTHING_KNOWN: SuggestedRouter = { identity: undefined, wans: [], steeringRule: undefined };

/**
 * `fairlead config init [FILE]`: writes a configuration to begin with, of what a router or its export says. Reads only, and
 * never writes over a file.
 * @throws UsageError, RouterosError
 */
export async function initConfig(file: string, options: ConfigInitOptions): Promise<void> {
  const found = await look(options);
  const name =
    (found.identity ?? '').replaceAll(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'gw1';
  const wans = [0, 1].map((i) => ({ name: `ISP${i + 1}`, interface: undefined, routingMark: undefined }));
  const known = found.wans.length > 0 ? found : { ...found, wans, steeringRule: TO_FILL_IN };
  try {
    await writeFile(file, describe(name, known, options), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new UsageError(`${file} exists already and stays as it is; name another file`);
  }
  process.stderr.write(summary(file, name, found, options));
}

async function look(options: ConfigInitOptions): Promise<SuggestedRouter> {
  if (options.router !== undefined) return readLive(options.router, options);
  if (options.rsc === undefined) return NOTHING_KNOWN;
  const script = readScript(await readFile(options.rsc, 'utf8'));
  if (!script.statements.some(({ kind }) => kind === 'command')) {
    throw new UsageError(`${options.rsc} does not read as an export of RouterOS`);
  }
  return suggestRouter(readConfiguration(script).configuration);
}

async function readLive(address: string, options: ConfigInitOptions): Promise<SuggestedRouter> {
  const password = process.env['FAIRLEAD_ROUTER_PASSWORD'];
  if (password === undefined) {
    throw new UsageError(
      `put the password of ${options.user} into the environment: FAIRLEAD_ROUTER_PASSWORD`,
    );
  }
  const { user, port, plain, fingerprint } = options;
  const session = await openRouterSession(
    { address, api: { user, password, port, tls: plain ? false : { fingerprint } } },
    { allow: [...planCommands, IDENTITY], timeoutMs: 5_000 },
  ).catch((error: unknown) => {
    if (!(error instanceof CertificateError) || error.fingerprint === undefined) throw error;
    throw new Error(
      `${address}: nobody whom this machine knows signed the certificate. If it is the one that the router shows under /certificate, say --fingerprint ${error.fingerprint}`,
      { cause: error },
    );
  });
  try {
    const { configuration } = await readRouter(session);
    const [row] = (await session.execute({ command: IDENTITY })).records;
    return { ...suggestRouter(configuration), identity: row?.['name'] };
  } finally {
    await session.close();
  }
}

const IDENTITY = '/system/identity/print';

const passwordVariable = (name: string): string =>
  `${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}_PASSWORD`;

function describe(name: string, { wans, steeringRule }: SuggestedRouter, options: ConfigInitOptions): string {
  const { router, user, port, plain, fingerprint } = options;
  const tls = plain ? 'false' : `{ fingerprint: ${JSON.stringify(fingerprint ?? TO_FILL_IN)} }`;
  const lines = [
    '# Made by `fairlead config init`. TODO stands where only you know.',
    '# Every key: docs/reference/config.md',
    'routers:',
    `  - name: ${name}`,
    '    site: main',
    `    address: ${router ?? TO_FILL_IN}`,
    '    # observe decides and writes nothing to the router; armed lets Fairlead change its steering rule.',
    '    mode: observe',
    '    api:',
    `      user: ${JSON.stringify(user)}`,
    `      password: \${${passwordVariable(name)}}`,
    ...(port === undefined ? [] : [`      port: ${port}`]),
    ...(plain ? [] : ['      # SHA-256 of its certificate, as the router shows it under /certificate.']),
    `      tls: ${tls}`,
    '    # In order of preference. Capacity is what the contract says (100M, 1.5G), not what the port could do.',
    '    wans:',
    ...wans.flatMap((wan) => [
      `      - name: ${wan.name}`,
      `        interface: ${wan.interface === undefined ? TO_FILL_IN : JSON.stringify(wan.interface)}`,
      `        capacity: { rx: ${TO_FILL_IN}, tx: ${TO_FILL_IN} }`,
      `        routingMark: ${wan.routingMark === undefined ? TO_FILL_IN : JSON.stringify(wan.routingMark)}`,
    ]),
    ...(wans.length < 2
      ? ['    # One WAN is watched; two or more can be steered.']
      : steeringRule === undefined
        ? [
            '    # No single mangle rule says where new connections go, so this is watched only. What it would take:',
            '    # docs/router-setup.md and `fairlead plan`.',
          ]
        : ['    steering:', `      rule: ${JSON.stringify(steeringRule)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function summary(
  file: string,
  name: string,
  { wans, steeringRule }: SuggestedRouter,
  { router, rsc }: ConfigInitOptions,
): string {
  const beside = router === undefined ? (rsc === undefined ? '' : ` --rsc ${rsc}`) : ' --live';
  const seen = wans.map((wan) => `${wan.name} on ${wan.interface ?? 'an interface that is to be named'}`);
  return [
    `${file} is written: router ${name}, ${seen.length > 0 ? seen.join(', ') : 'nothing known of it yet'}.`,
    ...(steeringRule === undefined ? [] : [`New connections are steered by the rule "${steeringRule}".`]),
    'Next:',
    `  1. replace each ${TO_FILL_IN}, such as the contracted capacity of each WAN`,
    `  2. export ${passwordVariable(name)}=…`,
    `  3. npx fairlead config check ${file}${beside}`,
    `  4. npx fairlead run --config ${file}     (observes; writes nothing to the router)`,
    '',
  ].join('\n');
}
