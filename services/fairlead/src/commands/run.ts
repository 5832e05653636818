import { createInventoryHolder, systemClock } from '@fairlead/model';
import { createTelemetry, loadConfig, runComponents } from '@fairlead/runtime';
import { composePipeline } from '../compose.ts';
import { fairleadConfigSchema } from '../config.ts';
import { routersOf } from '../kill-switch.ts';
import { createReloader } from '../reload.ts';
import { parseServices } from '../services.ts';
import { onHangup, untilSignal } from '../signal.ts';

export interface RunOptions {
  readonly config: string;
  readonly services?: string;
  readonly check: boolean;
}

const LINGER_MS = 1_000;
/** How long `--check` waits for the event log. */
const CHECK_MS = 30_000;

/** `fairlead run` */
export async function runPipeline(options: RunOptions): Promise<void> {
  try {
    await composeAndRun(options);
  } finally {
    // What a client library goes on trying by itself does not keep the process, nor does what was open when the rest failed.
    setTimeout(() => process.exit(), LINGER_MS).unref();
  }
}

async function composeAndRun(options: RunOptions): Promise<void> {
  const services = parseServices(options.services);
  const config = await loadConfig(fairleadConfigSchema, options.config, process.env);
  const telemetry = createTelemetry({ level: config.logLevel, processMetrics: true });
  const inventory = createInventoryHolder(routersOf(config));
  const pipeline = await composePipeline(config, { services, clock: systemClock, telemetry, inventory });
  if (options.check) {
    try {
      await pipeline.untilLogIsOpen(CHECK_MS);
    } finally {
      for (const component of [...pipeline.components].reverse()) await component.stop();
    }
    process.stderr.write(`${options.config}: configuration and wiring are sound\n`);
    return;
  }
  const announce = {
    name: 'announce',
    start: async () => {
      telemetry.log.info(
        { url: pipeline.url(), store: pipeline.storeUrl(), services: [...services] },
        'running',
      );
    },
    stop: async () => undefined,
  };
  const reloader = createReloader({
    ...{ file: options.config, config, inventory, telemetry },
    components: pipeline.components,
  });
  const endOfReloads = onHangup(() => void reloader.reload());
  try {
    await runComponents([...pipeline.components, announce], {
      until: Promise.race([untilSignal(), pipeline.failed]),
      log: telemetry.log,
    });
  } finally {
    endOfReloads();
  }
}
