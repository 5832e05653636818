import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { until } from '@fairlead/testkit';
import { Kafka, logLevel } from 'kafkajs';
import { kafkaJars } from './kafka-jars.ts';
import { scramArguments, type SecureListener, secureProperties } from './secure-listener.ts';

export interface LocalKafkaOptions {
  /** Port on loopback; 0 (default) takes a free one. */
  readonly port?: number;
  /** Keeps the topics there; without it they live in a temporary folder and go with the broker. */
  readonly dataDirectory?: string;
  /** Port that the broker tells its clients, where something stands between; its own unless given. */
  readonly advertisedPort?: number;
  readonly secure?: SecureListener;
}

export interface LocalKafka {
  /** `host:port` to give to clients. */
  readonly brokers: string[];
  /** `host:port` of the secure listener, or none. */
  readonly secureBrokers: string[];
  /** Process id of the broker, to stop or kill it as a test likes. */
  readonly pid: number;
  /** Resolves when the broker ends, whoever ended it; the text is what it said last. */
  readonly ended: Promise<string>;
  /** Ends the broker within seconds, and removes its data if they were temporary. */
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
/** A minute is common on a machine that is busy otherwise. */
const START_TIMEOUT_MS = 180_000;
const PROGRESS_EVERY_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;

/**
 * Starts an Apache Kafka broker of one node (KRaft) on loopback and waits until it answers. Needs Java 17 and, the first
 * time, Maven.
 * @throws Error when the port is taken, Maven has no jars, or the broker ends
 */
export async function startLocalKafka(options: LocalKafkaOptions = {}): Promise<LocalKafka> {
  const port = await freePort(options.port ?? 0);
  const { secure } = options;
  const securePort = await freePort(0);
  const jars = await kafkaJars();
  const home = await mkdtemp(join(tmpdir(), 'fairlead-kafka-'));
  const dataDirectory = resolve(options.dataDirectory ?? join(home, 'data'));
  const remove = (): Promise<void> => rm(home, { recursive: true, force: true, maxRetries: 5 });
  let broker: Broker | undefined;
  try {
    await mkdir(dataDirectory, { recursive: true });
    const settings = join(home, 'server.properties');
    await writeFile(
      settings,
      serverProperties({
        port,
        controllerPort: await freePort(0),
        advertisedPort: options.advertisedPort ?? port,
        dataDirectory,
        ...(secure && { secure: { ...secure, port: securePort } }),
      }),
    );
    if (!existsSync(join(dataDirectory, 'meta.properties'))) await format(jars, settings, secure);
    broker = runBroker(jars, settings);
    await answers(`${HOST}:${port}`, broker);
  } catch (error) {
    await broker?.stop();
    await remove();
    throw error;
  }
  const { pid, stop, ended } = broker;
  return {
    pid,
    brokers: [`${HOST}:${port}`],
    secureBrokers: secure ? [`${HOST}:${securePort}`] : [],
    ended,
    async stop() {
      await stop();
      await remove();
    },
  };
}

/** Makes the data directory that of a new cluster. */
async function format(jars: string, settings: string, secure?: SecureListener): Promise<void> {
  const clusterId = randomBytes(16).toString('base64url');
  // One word with its option, because an id may begin with a dash.
  const command = ['kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '--config', settings];
  if (secure) command.push(...scramArguments(secure));
  await promisify(execFile)('java', [...javaOptions(jars, '128m'), ...command]);
}

const javaOptions = (jars: string, heap: string): string[] => [
  `-Xmx${heap}`,
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
  '-cp',
  join(jars, '*'),
];

/** Settings of a single node that is small and quick to start; a cluster wants none of them. */
function serverProperties(of: {
  readonly port: number;
  readonly controllerPort: number;
  readonly advertisedPort: number;
  readonly dataDirectory: string;
  readonly secure?: SecureListener & { readonly port: number };
}): string {
  const { secure } = of;
  const also = (entry: string): string => (secure ? `,${entry}` : '');
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${HOST}:${of.controllerPort}`,
    listeners:
      `PLAINTEXT://${HOST}:${of.port},CONTROLLER://${HOST}:${of.controllerPort}` +
      also(`SECURE://${HOST}:${secure?.port}`),
    'advertised.listeners':
      `PLAINTEXT://${HOST}:${of.advertisedPort}` + also(`SECURE://${HOST}:${secure?.port}`),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${also('SECURE:SASL_SSL')}`,
    ...(secure && secureProperties(secure)),
    'log.dirs': of.dataDirectory,
    // One node holds the only copy of everything.
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // There are no other members to wait for, and nobody to hand leadership to.
    'group.initial.rebalance.delay.ms': 0,
    'controlled.shutdown.enable': false,
    // A misspelt topic is an error, as in the embedded log.
    'auto.create.topics.enable': false,
    // What is too old goes at once, not within five minutes.
    'log.initial.task.delay.ms': 500,
    'log.retention.check.interval.ms': 500,
    // 128 MiB unless said otherwise, a quarter of the heap.
    'log.cleaner.dedupe.buffer.size': 16 * 2 ** 20,
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

interface Broker {
  readonly pid: number;
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

function runBroker(jars: string, settings: string): Broker {
  const java: ChildProcess = spawn('java', [...javaOptions(jars, '512m'), 'kafka.Kafka', settings], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  java.stderr?.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-4_000)));
  // A test run that breaks off must not leave a broker behind.
  const end = (): void => void java.kill('SIGKILL');
  process.once('exit', end);
  const ended = Promise.race([
    once(java, 'exit').then(([code, signal]) => `${said}(exit ${String(code ?? signal)})`),
    once(java, 'error').then(([error]) => String(error)),
  ]).finally(() => process.off('exit', end));
  return {
    pid: java.pid ?? 0,
    ended,
    async stop() {
      java.kill('SIGTERM');
      const late = setTimeout(end, STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(late);
    },
  };
}

/** Waits until the broker answers clients and can lead a group and a transaction; says on stderr that it still waits. */
async function answers(address: string, broker: Broker): Promise<void> {
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  const admin = kafka.admin();
  let end: string | undefined;
  void broker.ended.then((said) => (end = said));
  const startedAt = performance.now();
  const progress = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    process.stderr.write(`kafka at ${address}: no answer after ${seconds} s, still waiting\n`);
  }, PROGRESS_EVERY_MS);
  try {
    await until(
      'the broker',
      async () => {
        if (end !== undefined) throw new Error(`the broker ended: ${end}`);
        return admin.connect().then(
          async () => (await admin.describeCluster()).brokers.length > 0,
          () => false,
        );
      },
      { timeoutMs: START_TIMEOUT_MS, everyMs: 100 },
    );
  } finally {
    clearInterval(progress);
    await admin.disconnect();
  }
}

/**
 * A port that is free at this moment: the given one, or any for 0.
 * @throws Error when the given one is taken
 */
async function freePort(port: number): Promise<number> {
  const server = createServer();
  server.listen(port, HOST);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new Error(`${HOST}:${port} is taken by another process; stop it or choose another port`, { cause });
  }
  const { port: free } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return free;
}
