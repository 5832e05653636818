import { isIP } from 'node:net';
import { systemClock } from '@fairlead/model';
import { loadConfig } from '@fairlead/runtime';
import {
  createAdaptiveSize,
  createInterfacePoller,
  createSnmpTransport,
  readAllSensors,
  SnmpError,
  type SnmpSession,
  type SnmpSessionOptions,
} from '@fairlead/snmp';
import { agentAccess, hasSnmp } from '@fairlead/snmp-collector';
import { fairleadConfigSchema } from '../config.ts';
import { exitCodes, UsageError } from '../exit.ts';
import { createLineOutput } from '../records/line-output.ts';

export interface SnmpOptions {
  readonly config?: string;
  readonly community: string;
  readonly port: number;
  readonly timeout: number;
}

const RETRIES = 1;
/** Values in one GETBULK. */
const REPETITIONS = { first: 10, max: 40 };

/**
 * `fairlead snmp ROUTER|ADDRESS`: a JSON line for each interface and each sensor that the agent has, and the agent's clock
 * as the last line of standard error. A router of the configuration is asked as the collector asks it.
 */
export async function printAgent(target: string, options: SnmpOptions): Promise<number> {
  const transport = createSnmpTransport();
  try {
    const session = transport.openSession(await accessTo(target, options));
    return await print(session, options.timeout);
  } catch (error) {
    if (!(error instanceof SnmpError)) throw error;
    process.stderr.write(`fairlead: ${target}: ${error.message}\n`);
    return exitCodes.failed;
  } finally {
    transport.close();
  }
}

async function accessTo(
  target: string,
  { config, community, port, timeout }: SnmpOptions,
): Promise<SnmpSessionOptions> {
  if (config === undefined) {
    return { host: target, port, access: { community }, timeoutMs: timeout, retries: RETRIES };
  }
  const { routers } = await loadConfig(fairleadConfigSchema, config, process.env);
  const router = routers.find(({ name, address }) => [name, address].includes(target));
  if (!router) {
    const hint = isIP(target) ? '; without --config any address can be asked' : '';
    throw new UsageError(`${config} has no router ${target}${hint}`);
  }
  if (!hasSnmp(router)) throw new UsageError(`${config} has no snmp for ${router.name}`);
  return { ...agentAccess(router, RETRIES), timeoutMs: timeout };
}

async function print(session: SnmpSession, timeoutMs: number): Promise<number> {
  const output = createLineOutput(process.stdout);
  const withinMs = timeoutMs * 15;
  const faults: Record<string, number> = {};
  const asking = {
    repetitions: createAdaptiveSize(REPETITIONS),
    onFault: (fault: string) => (faults[fault] = (faults[fault] ?? 0) + 1),
  };
  const polls = await createInterfacePoller(session, { clock: systemClock, ...asking }).poll(withinMs);
  for (const reading of polls.flatMap((poll) => poll.interfaces)) {
    if (!(await output.write(JSON.stringify({ kind: 'interface', ...reading }, withoutBigInt))))
      return exitCodes.ok;
  }
  const { sensors, error } = await readAllSensors(session, asking, withinMs);
  for (const sensor of sensors) {
    if (!(await output.write(JSON.stringify({ kind: 'sensor', ...sensor })))) return exitCodes.ok;
  }
  await output.flush();
  const [first] = polls;
  const agent = {
    interfaces: polls.reduce((sum, poll) => sum + poll.interfaces.length, 0),
    sensors: sensors.length,
    upTimeMs: first?.sysUpTimeMs,
    engineBoots: first?.engineBoots,
    faults,
    sensorsNotRead: error?.message,
  };
  process.stderr.write(`${JSON.stringify(agent)}\n`);
  return exitCodes.ok;
}

/** As everywhere in JSON lines: a number where a double holds it, text where not. */
function withoutBigInt(_: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value;
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
}
