import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const POM = join(import.meta.dirname, 'pom.xml');

/** Version of Apache Kafka that the pom names. */
async function kafkaVersion(): Promise<string> {
  const version = /<kafka\.version>([^<]+)</.exec(await readFile(POM, 'utf8'))?.[1];
  if (version === undefined) throw new Error(`${POM} does not name kafka.version`);
  return version;
}

/**
 * The folder of the broker's jars, `$XDG_CACHE_HOME/fairlead/kafka-VERSION`; Maven fills it the first time (45 MB).
 * @throws Error with what Maven says when it cannot
 */
export async function kafkaJars(): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fairlead');
  const jars = join(cache, `kafka-${await kafkaVersion()}`);
  if (existsSync(jars)) return jars;
  await mkdir(cache, { recursive: true });
  // Beside, and then renamed: who breaks off, or runs at the same time, leaves no half of a broker.
  const arriving = await mkdtemp(`${jars}-`);
  try {
    await promisify(execFile)(
      'mvn',
      [
        '-q',
        '-B',
        '-f',
        POM,
        'dependency:copy-dependencies',
        '-DincludeScope=runtime',
        `-DoutputDirectory=${arriving}`,
      ],
      { cwd: dirname(arriving), timeout: 300_000 },
    );
    await rename(arriving, jars).catch((error: unknown) => {
      if (!existsSync(jars)) throw error;
    });
    return jars;
  } catch (cause) {
    throw new Error(`Maven could not get the jars of Kafka: ${firstError(cause)}`, { cause });
  } finally {
    await rm(arriving, { recursive: true, force: true });
  }
}

function firstError(cause: unknown): string {
  const output = (cause as { stdout?: string }).stdout ?? '';
  return /^\[ERROR\] (.+)$/m.exec(output)?.[1] ?? String(cause);
}
