import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@fairlead/model';
import { type Component, createTelemetry, runComponents } from '@fairlead/runtime';
import { composePipeline, type Pipeline } from '../compose.ts';
import { fairleadConfigSchema } from '../config.ts';
import { createDemoSite, FLOW_ACTIVE_TIMEOUT_MS } from '../demo-site.ts';
import { freeUdpPort } from '../free-udp-port.ts';
import { createNarrator } from '../narrator.ts';
import { refuseIfRunning } from '../run-file.ts';
import { parseServices } from '../services.ts';
import { untilSignal } from '../signal.ts';

export interface DemoOptions {
  readonly port: number;
  readonly storePort: number;
  readonly netflowPort: number;
  readonly syslogPort: number;
  readonly dataDirectory: string;
  readonly fresh: boolean;
}

const OTHER_PORTS =
  'for the demo: npm start -- --port N --store-port N --netflow-port N --syslog-port N (0 takes a free one)';
const DEFAULT_RMEM_BYTES = 212_992;

/** `fairlead demo`: the same pipeline as `run`, and a simulated router beside it that it knows nothing about. */
export async function runDemo(options: DemoOptions): Promise<void> {
  await refuseIfRunning(options.dataDirectory);
  if (options.fresh) await rm(options.dataDirectory, { recursive: true, force: true });
  await mkdir(options.dataDirectory, { recursive: true });
  const netflowPort = options.netflowPort || (await freeUdpPort());
  const syslogPort = options.syslogPort || (await freeUdpPort());
  const signal = untilSignal();

  const site = createDemoSite({ netflowPort, syslogPort });
  await site.start();
  let pipeline: Pipeline;
  const telemetry = createTelemetry({ level: 'warn', processMetrics: true });
  try {
    const config = fairleadConfigSchema.parse({
      dataDirectory: options.dataDirectory,
      http: { port: options.port },
      store: { kind: 'embedded', http: { port: options.storePort } },
      // What every Linux grants unasked; a simulated site needs no more.
      netflow: { port: netflowPort, receiveBufferBytes: DEFAULT_RMEM_BYTES },
      syslog: { port: syslogPort, receiveBufferBytes: DEFAULT_RMEM_BYTES },
      flowDecoder: { activeTimeoutMs: FLOW_ACTIVE_TIMEOUT_MS },
      flowReconciler: { activeTimeoutMs: FLOW_ACTIVE_TIMEOUT_MS },
      live: { simulated: true },
      routers: [site.inventoryEntry()],
    });
    pipeline = await composePipeline(config, {
      services: parseServices(undefined),
      clock: systemClock,
      telemetry,
    });
  } catch (error) {
    await site.stop();
    throw error;
  }
  const welcome: Component = {
    name: 'welcome',
    start: async () => {
      process.stdout.write(greeting(pipeline, options));
    },
    stop: async () => undefined,
  };
  const runningSite: Component = { ...site, start: async () => undefined };
  const narrator = createNarrator(pipeline.log, process.stdout);
  try {
    await runComponents([runningSite, ...pipeline.components, welcome, narrator], {
      until: signal,
      log: telemetry.log,
    });
  } catch (error) {
    throw isPortTaken(error) ? new Error(`${error.message}; ${OTHER_PORTS}`, { cause: error }) : error;
  }
  process.stdout.write(`\nStopped. The data is in ${options.dataDirectory}; fairlead sql still answers.\n`);
}

function isPortTaken(error: unknown): error is Error {
  if (!(error instanceof Error) || !(error.cause instanceof Error)) return false;
  return (error.cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
}

function greeting(pipeline: Pipeline, options: DemoOptions): string {
  const where =
    options.dataDirectory === join('.fairlead', 'demo') ? '' : ` --data-directory ${options.dataDirectory}`;
  return `
  Fairlead is running. This site is SIMULATED: one RouterOS 7 router with two uplinks that exist only in this process.

    Wallboard   ${pipeline.url()}
    SQL         npx fairlead sql${where} "SELECT wan, count(), max(rx_util) FROM wan_utilisation GROUP BY wan"
    ClickHouse  ${pipeline.storeUrl() ?? ''}
    Metrics     ${pipeline.url()}/metrics

  In about half a minute the load takes ISP1 over its limit and the mark moves to ISP2; later it comes back.
  Ctrl-C stops everything. Next, your own router, watched only:

    npx fairlead config init fairlead.yaml --router ADDRESS      (--help: from an export, or with nothing)

`;
}
