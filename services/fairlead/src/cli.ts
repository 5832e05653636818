import { Command, CommanderError, Help, InvalidArgumentError, Option } from 'commander';
import type { ApplyOptions } from './commands/apply.ts';
import type { ConfigCheckOptions } from './commands/config-check.ts';
import type { ConfigInitOptions } from './commands/config-init.ts';
import type { DecodeOptions } from './commands/decode.ts';
import type { DemoOptions } from './commands/demo.ts';
import type { PlanOptions } from './commands/plan.ts';
import type { ProvisionOptions } from './commands/provision.ts';
import type { LogOptions } from './commands/log.ts';
import type { ReplayOptions } from './commands/replay.ts';
import type { RunOptions } from './commands/run.ts';
import type { SimulateOptions } from './commands/simulate.ts';
import type { SimulateReplayOptions } from './commands/simulate-replay.ts';
import type { SnmpOptions } from './commands/snmp.ts';
import type { SqlOptions } from './commands/sql.ts';
import type { SyslogOptions } from './commands/syslog.ts';
import type { TapOptions } from './commands/tap.ts';
import type { TokenCreateOptions, TokenListOptions } from './commands/token.ts';
import type { WhereOptions } from './data-directory.ts';
import { exitCodes, explainFailure } from './exit.ts';
import { serviceNames } from './services.ts';
import { parseSince } from './since.ts';
import { localZone, parseTimeZone } from './time-zone.ts';
import { topicNames } from './topic-names.ts';

/**
 * Runs one command line (without node and script) and returns the exit code. Commands are loaded when they are called,
 * so that `--help` does not wait for a database engine.
 */
export async function runCli(args: readonly string[]): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const act =
    <A extends unknown[]>(action: (...args: A) => Promise<number | void>) =>
    async (...given: A): Promise<void> => {
      try {
        exitCode = (await action(...given)) ?? exitCodes.ok;
      } catch (error) {
        exitCode = explainFailure(error);
      }
    };

  const program = new Command('fairlead')
    .description(
      'Watches the WAN links of MikroTik RouterOS sites and steers new connections to the link that has room.',
    )
    .version('0.1.0')
    .exitOverride()
    .configureHelp({
      // That a switch is off unless it is given says itself.
      optionDescription: (option) => new Help().optionDescription(option).replace(' (default: false)', ''),
    })
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText(
      'after',
      '\nExit codes: 0 it holds, 1 it was tried and failed, 2 the command line or configuration is wrong,\n3 a router is otherwise than the configuration says (plan).',
    );

  program
    .command('demo')
    .description(
      'the whole pipeline, embedded, on a simulated dual-WAN site; prints the address of the wallboard',
    )
    .option('--port <port>', 'port of the wallboard on loopback; 0 takes a free one', parsePort, 8080)
    .option(
      '--store-port <port>',
      'port of the ClickHouse HTTP interface; 0 takes a free one',
      parsePort,
      8123,
    )
    .option('--netflow-port <port>', 'UDP port for NetFlow; 0 takes a free one', parsePort, 2055)
    .option('--syslog-port <port>', 'UDP port for syslog; 0 takes a free one', parsePort, 5514)
    .option('--data-directory <directory>', 'where the log and the store live', '.fairlead/demo')
    .option('--fresh', 'begin with an empty data directory', false)
    .action(act(async (options: DemoOptions) => (await import('./commands/demo.ts')).runDemo(options)));

  program
    .command('run')
    .description('the pipeline, or some services of it, until SIGINT or SIGTERM')
    .option('--config <file>', 'configuration', 'fairlead.yaml')
    .option('--services <names>', `some of: ${serviceNames.join(', ')}`)
    .option('--check', 'read the configuration, build everything, start nothing', false)
    .action(act(async (options: RunOptions) => (await import('./commands/run.ts')).runPipeline(options)));

  const config = program.command('config').description('the configuration file');
  config
    .command('check')
    .description('validates; prints file:line:column, what is wrong and what would be right')
    .argument('<file>', 'configuration file')
    .option(
      '--rsc <[router=]file>',
      'export of a router: refuses WANs on interfaces that it has not; once for each router',
      (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
    )
    .option('--live', 'asks the routers for their interfaces, by their API; changes nothing', false)
    .option('--timeout <ms>', 'longest wait for one answer of a router', parseCount, 5_000)
    .action(
      act(async (file: string, options: ConfigCheckOptions) =>
        (await import('./commands/config-check.ts')).checkConfig(file, options),
      ),
    );
  config
    .command('init')
    .description(
      'writes a configuration to begin with, of what a router or its export says; reads only, and never writes over a file',
    )
    .argument('[file]', 'configuration file', 'fairlead.yaml')
    .option('--router <address>', 'reads this router by its API; password in FAIRLEAD_ROUTER_PASSWORD')
    .option('--user <name>', 'user of the API', 'fairlead')
    .option('--port <port>', 'port of the API; otherwise 8729, or 8728 with --plain', parsePort)
    .option('--fingerprint <hex>', 'SHA-256 of the certificate of the router, where no known CA signed it')
    .option('--plain', 'API without TLS: anybody on the way reads the password', false)
    .option('--rsc <file>', 'reads an export instead of a router')
    .action(
      act(async (file: string, options: ConfigInitOptions) =>
        (await import('./commands/config-init.ts')).initConfig(file, options),
      ),
    );
  config
    .command('schema')
    .description('prints the JSON Schema of the configuration, for editors')
    .action(act(async () => (await import('./commands/config-schema.ts')).printConfigSchema()));

  program
    .command('provision')
    .description(
      'creates the topics that are missing, and says how the others differ from what they should be',
    )
    .option('--config <file>', 'configuration that says where the log is', 'fairlead.yaml')
    .option('--dry-run', 'creates nothing; fails when something is missing', false)
    .option('--json', 'a JSON object for each topic', false)
    .action(
      act(async (options: ProvisionOptions) =>
        (await import('./commands/provision.ts')).provisionTopics(options),
      ),
    );

  program
    .command('decode')
    .description(
      'flow records of captures (pcap, pcapng) or raw datagrams; problems and totals on standard error',
    )
    .argument('<files...>', 'fed in order, - is standard input; a file that is no capture is one datagram')
    .option('--json', 'a JSON object for each record (what a pipe or a file gets anyway)')
    .option('--no-json', 'a line to read for each record (what a terminal gets anyway)')
    .action(
      act(async (files: string[], options: DecodeOptions) =>
        (await import('./commands/decode.ts')).decodeFiles(files, options),
      ),
    );

  program
    .command('replay')
    .description('decodes again what the log still holds of a topic; changes nothing without --write')
    .argument('<topic>', 'raw.netflow')
    .requiredOption('--since <when>', 'a time (ISO 8601), or how long ago: 90s, 15m, 2h, 1d', parseMoment)
    .option('--until <when>', 'where it ends, not included; now unless given', parseMoment)
    .option(
      '--write',
      'puts the flows in the place of those in the embedded store; nothing may run on it',
      false,
    )
    .option('--dry-run', 'with --write: says how many would be replaced, by how many', false)
    .option('--config <file>', 'configuration that says where the log is')
    .option('--data-directory <directory>', 'data directory; otherwise .fairlead, then .fairlead/demo')
    .option('--json', 'a JSON object for each record (what a pipe or a file gets anyway)')
    .option('--no-json', 'a line to read for each record (what a terminal gets anyway)')
    .action(
      act(async (topic: string, options: ReplayOptions) =>
        (await import('./commands/replay.ts')).replayTopic(topic, options),
      ),
    );

  program
    .command('syslog')
    .description('syslog messages as JSON lines; the totals are the last line on stderr')
    .argument('<file>', 'a file of messages or a recorded TCP stream; - reads standard input')
    .addOption(
      new Option(
        '--framing <how>',
        'lines: a message a line, or octet counts; stream: also a TCP stream of RouterOS, without delimiters',
      )
        .choices(['lines', 'stream'])
        .default('lines'),
    )
    .addOption(
      new Option('--tz <zone>', 'zone of times that have none: +03:00 or Europe/Istanbul')
        .argParser(parseZone)
        .default(localZone, 'that of this machine'),
    )
    .option('--year <year>', 'year of times that have none; otherwise that of now', parseYear)
    .action(
      act(async (file: string, options: SyslogOptions) =>
        (await import('./commands/syslog.ts')).printSyslog(file, options),
      ),
    );

  program
    .command('snmp')
    .description('interfaces and sensors of one router by SNMP, a JSON line each; its clock on stderr')
    .argument('<target>', 'a router of the configuration by name or address, or any address without --config')
    .option('--config <file>', 'configuration that says how the router is asked (v2c or v3)')
    .option('--community <name>', 'v2c community, without --config', 'public')
    .option('--port <port>', 'UDP port, without --config', parsePort, 161)
    .option('--timeout <ms>', 'longest wait for one answer', parseCount, 2_000)
    .action(
      act(async (target: string, options: SnmpOptions) =>
        (await import('./commands/snmp.ts')).printAgent(target, options),
      ),
    );

  onRouter(program.command('plan'))
    .description(
      'what would change on a router to make it what `setup` of its configuration says, in RouterOS syntax; changes nothing',
    )
    .option('--rsc <file>', 'reads an export instead of the router')
    .option('--routeros <version>', 'with --rsc: the version, where the export does not say it')
    .option('--json', 'one JSON object', false)
    .action(
      act(async (name: string, options: PlanOptions) =>
        (await import('./commands/plan.ts')).planRouter(name, options),
      ),
    );

  onRouter(program.command('apply'))
    .description(
      'makes a router what `setup` of its configuration says, or leaves it as it was: the router restores itself unless a new session finds all as wanted',
    )
    .option('--dry-run', 'shows what it would do, as plan does', false)
    .option('--yes', 'does not ask', false)
    .addOption(revertAfter())
    .action(
      act(async (name: string, options: ApplyOptions) =>
        (await import('./commands/apply.ts')).applySetup(name, options),
      ),
    );

  onRouter(program.command('rollback'))
    .description('takes back the newest apply to a router, exactly, and as guarded as the apply was')
    .option('--dry-run', 'shows what it would do', false)
    .option('--yes', 'does not ask', false)
    .addOption(revertAfter())
    .action(
      act(async (name: string, options: ApplyOptions) =>
        (await import('./commands/rollback.ts')).rollBack(name, options),
      ),
    );

  program
    .command('simulate')
    .description(
      'policies side by side on a model of a site, in virtual time; or what they would have done with recorded load',
    )
    .option(
      '--policy <names>',
      'weights, headroom, spill, failover; for the model also headroom-parts, pcc-capacity, pcc-equal, traffic-monitor, failover-only, hindsight',
    )
    .option('--links <Mbit/s>', 'of the model, such as 40/10, 100/20/20 or 50/20lte/20lossy', '40/10')
    .option('--model <names>', 'traffic, such as "steady 70 %"; every model unless given')
    .option('--seeds <count>', 'days of each model', parseCount, 1)
    .option('--first <seed>', 'the first seed', parseCount, 1)
    .option('--replay <router>', 'instead of a model: the load that the store has of this router')
    .option(
      '--since <when>',
      'with --replay: a time (ISO 8601), or how long ago; a day unless given',
      parseMoment,
    )
    .option('--until <when>', 'with --replay: where it ends; now unless given', parseMoment)
    .option('--config <file>', 'with --replay: configuration that says where the store is, and the policy')
    .option('--data-directory <directory>', 'with --replay; otherwise .fairlead, then .fairlead/demo')
    .option('--json', 'a JSON object for each result', false)
    .action(
      act(async (options: Omit<SimulateOptions, 'policy'> & Partial<SimulateReplayOptions>) => {
        const { replay, policy } = options;
        if (replay !== undefined) {
          return (await import('./commands/simulate-replay.ts')).simulateReplay({ ...options, replay });
        }
        const { simulatePolicies } = await import('./commands/simulate.ts');
        return simulatePolicies({
          ...options,
          policy:
            policy ??
            'weights,headroom-parts,headroom,spill,pcc-capacity,pcc-equal,traffic-monitor,failover-only',
        });
      }),
    );

  program
    .command('sql')
    .description('SQL on the telemetry store, answered by the running pipeline if there is one')
    .argument('<statement>', 'a reading statement; tab-separated unless it ends in FORMAT …')
    .option('--config <file>', 'configuration that says where the store is')
    .option('--data-directory <directory>', 'data directory; otherwise .fairlead, then .fairlead/demo')
    .option('--format <format>', 'ClickHouse format of the answer', 'TabSeparatedWithNames')
    .action(
      act(async (statement: string, options: SqlOptions) =>
        (await import('./commands/sql.ts')).runSql(statement, options),
      ),
    );

  program
    .command('log')
    .description('what the event log holds, and how far its readers are; also while the pipeline runs')
    .argument('[topic]', `one of: ${topicNames.join(', ')}; all unless given`)
    .option('--config <file>', 'configuration that says where the log is')
    .option('--data-directory <directory>', 'data directory; otherwise .fairlead, then .fairlead/demo')
    .option('--json', 'a JSON object for each partition', false)
    .action(
      act(async (topic: string | undefined, options: LogOptions) =>
        (await import('./commands/log.ts')).showLog(topic, options),
      ),
    );

  program
    .command('tap')
    .description('records of a topic as JSON lines, until SIGINT')
    .argument('<topic>', `one of: ${topicNames.join(', ')}`)
    .option('--config <file>', 'configuration that says where the log is')
    .option('--data-directory <directory>', 'data directory; otherwise .fairlead, then .fairlead/demo')
    .option('--from-start', 'begin with the oldest record instead of the next', false)
    .option('--limit <count>', 'end after so many records', parseCount)
    .action(
      act(async (topic: string, options: TapOptions) =>
        (await import('./commands/tap.ts')).tapTopic(topic, options),
      ),
    );

  const token = program.command('token').description('what lets pages and programs in, and what they may do');
  token
    .command('create')
    .description('makes a token and prints it, this once')
    .argument('<name>', 'who or what it is for')
    .option('--sites <names>', 'sites that it shows: a,b; all unless given', parseNames)
    .option('--write', 'also gives orders: acknowledge, pin, lock, observe, arm', false)
    .addOption(
      new Option('--for <duration>', 'how long it is good: 12h, 90d')
        .argParser(parseLifetime)
        .default(parseLifetime('90d'), '90d'),
    )
    .option('--config <file>', 'configuration that says where tokens are kept')
    .option('--data-directory <directory>', 'data directory; otherwise .fairlead, then .fairlead/demo')
    .action(
      act(async (name: string, options: TokenCreateOptions) =>
        (await import('./commands/token.ts')).createToken(name, options),
      ),
    );
  token
    .command('list')
    .description('tokens that were made, and whether they are good; never the tokens themselves')
    .option('--json', 'a JSON object for each', false)
    .option('--config <file>', 'configuration that says where tokens are kept')
    .option('--data-directory <directory>', 'data directory; otherwise .fairlead, then .fairlead/demo')
    .action(
      act(async (options: TokenListOptions) => (await import('./commands/token.ts')).listTokens(options)),
    );
  token
    .command('revoke')
    .description('ends a token, and the sockets that are open with it')
    .argument('<token>', 'its id, or its name')
    .option('--config <file>', 'configuration that says where tokens are kept')
    .option('--data-directory <directory>', 'data directory; otherwise .fairlead, then .fairlead/demo')
    .action(
      act(async (idOrName: string, options: WhereOptions) =>
        (await import('./commands/token.ts')).revokeToken(idOrName, options),
      ),
    );

  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return explainFailure(error);
  }
  return exitCode;
}

/** What every command that works on a router takes. */
function onRouter(command: Command): Command {
  return command
    .argument('<router>', 'a router of the configuration, by name or address')
    .option('--config <file>', 'configuration', 'fairlead.yaml')
    .option(
      '--user <name>',
      'logs in as this user instead of the one of the configuration; password in FAIRLEAD_ROUTER_PASSWORD',
    )
    .option('--timeout <ms>', 'longest wait for one answer', parseCount, 5_000);
}

const revertAfter = (): Option =>
  new Option('--revert-after <seconds>', 'after this time the router restores itself unless all is well')
    .argParser((text) => {
      const seconds = Number(text);
      if (!(seconds >= 30 && seconds <= 3_600)) throw new InvalidArgumentError('expected 30 to 3600 seconds');
      return seconds * 1_000;
    })
    .default(300_000, '300');

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError('expected a port from 0 to 65535');
  }
  return port;
}

function parseMoment(text: string): number {
  const timeMs = parseSince(text, Date.now());
  if (timeMs === undefined) throw new InvalidArgumentError('expected a time (ISO 8601) or 90s, 15m, 2h, 1d');
  return timeMs;
}

function parseZone(text: string): SyslogOptions['tz'] {
  const zone = parseTimeZone(text);
  if (!zone)
    throw new InvalidArgumentError('expected an offset such as +03:00, or a name such as Europe/Istanbul');
  return zone;
}

function parseYear(text: string): number {
  if (!/^\d{4}$/.test(text)) throw new InvalidArgumentError('expected a year of four digits');
  return Number(text);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) {
    throw new InvalidArgumentError('expected a whole number above 0');
  }
  return count;
}

function parseNames(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('expected names such as a,b');
  return names;
}

function parseLifetime(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,4})([hd])$/.exec(text) ?? [];
  if (count === undefined) throw new InvalidArgumentError('expected hours or days such as 12h or 90d');
  return Number(count) * (unit === 'd' ? 86_400_000 : 3_600_000);
}
