import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeUdpPort, temporaryFolder } from '@fairlead/testkit';
import {
  askStore,
  type FairleadProcess,
  readMetrics,
  startFairlead,
  untilRunning,
} from '../../e2e/support/fairlead-process.ts';
import { type Receiver, untilQuiet } from './flow-stream.ts';
import { findChildren, readProcessCpu, readThreadCpu } from './process-cpu.ts';
import { readProfileShares } from './profile-shares.ts';

export interface PipelineOptions {
  /** Brokers of a Kafka log; embedded without them. */
  readonly brokers?: readonly string[];
  /** More lines of fairlead.yaml. */
  readonly settings?: readonly string[];
  /** Told where the main threads spent their time. */
  readonly onProfile?: (process: string, shares: readonly (readonly [string, number])[]) => void;
}

interface Part {
  readonly name: string;
  readonly child: FairleadProcess;
  readonly url: string;
  readonly storeUrl: string;
  readonly profiles: string;
}

const COLLECTOR = 'netflow-collector';
const PATIENT = 'flow-decoder,clickhouse-writer';

/** The pipeline on a fresh directory: one process, or with Kafka the collector in one and the rest in another. */
export async function openPipeline({
  brokers,
  settings = [],
  onProfile,
}: PipelineOptions): Promise<Receiver> {
  const folder = temporaryFolder();
  const port = await freeUdpPort();
  const parts: Part[] = [];
  const start = async (name: string, services: string): Promise<Part> => {
    const home = join(folder.path, name);
    const profiles = join(home, 'profiles');
    mkdirSync(home, { recursive: true });
    const file = join(home, 'fairlead.yaml');
    const log = brokers ? `{ kind: kafka, brokers: [${brokers.join(', ')}] }` : '{ kind: embedded }';
    writeFileSync(
      file,
      `dataDirectory: ${home}
logLevel: warn
http: { port: 0 }
eventLog: ${log}
store: { kind: embedded, http: { port: 0 } }
netflow: { port: ${port} }
${settings.join('\n')}
`,
    );
    const child = startFairlead(['run', '--config', file, '--services', services], {
      nodeOptions: onProfile ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : [],
    });
    const part = { name, child, profiles, ...(await untilRunning(home, child)) };
    parts.push(part);
    return part;
  };
  const stopAll = async (): Promise<void> => {
    // What receives stops first, as in one process.
    for (const { name, child, profiles } of [...parts].reverse()) {
      await child.stop();
      onProfile?.(name, await readProfileShares(profiles));
    }
    folder.remove();
  };

  try {
    const patient = await start(
      brokers ? 'decoder and writer' : 'pipeline',
      brokers ? PATIENT : `${COLLECTOR},${PATIENT}`,
    );
    const urgent = brokers ? await start('collector', COLLECTOR) : patient;
    const stored = async (): Promise<number> => {
      const [row] = await askStore<{ stored: string }>(
        patient.storeUrl,
        'SELECT count() AS stored FROM flows',
      );
      return Number(row?.stored);
    };
    const before = await readCpu(parts);
    const storedBefore = await stored();
    const inserts = async (): Promise<number> => {
      const [row] = await askStore<{ inserts: string }>(
        patient.storeUrl,
        'SELECT uniqExact(log_partition, log_first_offset) AS inserts FROM flows',
      );
      return Number(row?.inserts);
    };
    return {
      port,
      async settle(sent) {
        const { value, lagSeconds } = await untilQuiet(
          async () => (await stored()) - storedBefore,
          sent.flows,
        );
        const cpu = difference(await readCpu(parts), before);
        cpu.set('sender', sent.cpuSeconds);
        const [collector, decoder] = [await readMetrics(urgent.url), await readMetrics(patient.url)];
        const booked = (
          metrics: ReadonlyMap<string, number>,
          kind: string,
          service: string,
          unit: string,
        ): number => metrics.get(`fairlead_${kind}_total{service="${service}",unit="${unit}"}`) ?? 0;
        const notes =
          `; sent ${sent.datagrams} datagrams, received ${booked(collector, 'received', COLLECTOR, 'datagrams')}, ` +
          `in the log ${booked(collector, 'stored', COLLECTOR, 'datagrams')}, ` +
          `flows decoded ${booked(decoder, 'decoded', 'flow-decoder', 'flows')}, stored (SQL) ${value} in ${await inserts()} inserts`;
        return { flows: value, lagSeconds, cpu, notes };
      },
      stop: stopAll,
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** Seconds of processor time by stage. */
async function readCpu(parts: readonly Part[]): Promise<Map<string, number>> {
  const cpu = new Map<string, number>();
  for (const { name, child } of parts) {
    const prefix = parts.length > 1 ? `${name}: ` : '';
    for (const [thread, seconds] of await readThreadCpu(child.pid)) {
      const stage = `${prefix}${stageOf(thread)}`;
      cpu.set(stage, (cpu.get(stage) ?? 0) + seconds);
    }
  }
  for (const broker of await findChildren('java')) cpu.set('broker', await readProcessCpu(broker));
  return cpu;
}

/** What the threads of the process are for, by the names that Node.js and the engine give them. */
function stageOf(thread: string): string {
  if (thread === 'main') return 'receive and decode (JavaScript)';
  return thread;
}

function difference(
  after: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number>,
): Map<string, number> {
  return new Map([...after].map(([part, seconds]) => [part, seconds - (before.get(part) ?? 0)]));
}
