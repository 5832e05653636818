import { copyFile, open, readdir, rename, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { createEmbeddedLog, createKafkaLog, type EventLog } from '@fairlead/event-log';
import { type LocalKafka, startLocalKafka } from '@fairlead/event-log/testing';

/** The event log that a run uses, and what can be done to it. */
export interface LogUnderTest {
  readonly kind: 'embedded' | 'kafka';
  /** `eventLog` of fairlead.yaml. */
  readonly config: string;
  open(): Promise<EventLog>;
  /** Puts what a write leaves that a crash cut short behind the end; nobody has the log open. */
  tearTail(): Promise<void>;
  /**
   * Cuts off the end of the file that holds the log, of which a share stays; resolves with what brings back the whole one.
   * Absent where the log is of many files that a broker mends by itself.
   */
  cutTail?(share: number): Promise<() => Promise<void>>;
  /** A broker of its own; none for the embedded log. */
  readonly broker?: {
    kill(): Promise<void>;
    pause(): void;
    resume(): void;
    start(): Promise<void>;
  };
  close(): Promise<void>;
}

const BROKER_STARTS = 3;
/** Bytes of an interrupted write: no whole page, no whole batch. */
const TORN = Buffer.alloc(2_500, 0xa5);

export function embeddedUnderTest(folder: string): LogUnderTest {
  const directory = join(folder, 'data', 'log');
  const file = join(directory, 'data.mdb');
  return {
    kind: 'embedded',
    config: '{ kind: embedded }',
    open: () => createEmbeddedLog({ directory }),
    tearTail: () => appendTorn(file),
    async cutTail(share) {
      const backup = join(folder, 'backup.mdb');
      await copyFile(file, backup);
      await truncate(file, Math.floor((await stat(file)).size * share));
      return () => rename(backup, file);
    },
    close: async () => undefined,
  };
}

export async function kafkaUnderTest(folder: string): Promise<LogUnderTest> {
  const dataDirectory = join(folder, 'kafka');
  let kafka = await startBroker({ dataDirectory });
  const { brokers } = kafka;
  const port = Number(brokers[0]?.split(':')[1]);
  return {
    kind: 'kafka',
    config: `{ kind: kafka, brokers: [${brokers.join(', ')}] }`,
    open: () => createKafkaLog({ brokers, clientId: 'chaos' }),
    async tearTail() {
      for (const folderName of await readdir(dataDirectory)) {
        if (!folderName.startsWith('fairlead.')) continue;
        const files = await readdir(join(dataDirectory, folderName));
        const active = files
          .filter((file) => file.endsWith('.log'))
          .sort()
          .at(-1);
        if (active !== undefined) await appendTorn(join(dataDirectory, folderName, active));
      }
    },
    broker: {
      async kill() {
        process.kill(kafka.pid, 'SIGKILL');
        await kafka.ended;
        await kafka.stop();
      },
      pause: () => void process.kill(kafka.pid, 'SIGSTOP'),
      resume: () => void process.kill(kafka.pid, 'SIGCONT'),
      async start() {
        kafka = await startBroker({ dataDirectory, port });
      },
    },
    close: () => kafka.stop(),
  };
}

/** A busy machine may take longer than the broker is given. */
async function startBroker(options: Parameters<typeof startLocalKafka>[0]): Promise<LocalKafka> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await startLocalKafka(options);
    } catch (error) {
      if (attempts === BROKER_STARTS) throw error;
    }
  }
}

async function appendTorn(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.write(TORN, 0, TORN.length, (await stat(file)).size);
  } finally {
    await handle.close();
  }
}
