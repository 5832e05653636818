import { type InventoryHolder, isSame } from '@fairlead/model';
import { type Component, ConfigError, loadConfig, type Telemetry } from '@fairlead/runtime';
import { Counter } from 'prom-client';
import { type FairleadConfig, fairleadConfigSchema } from './config.ts';
import { routersOf } from './kill-switch.ts';

export interface Reloader {
  /**
   * Reads the configuration again, replaces the routers and lets the components refresh what is theirs. A file that is not
   * sound changes nothing. Reloads come one after the other; never rejects.
   */
  reload(): Promise<void>;
}

/** Keys that do not wait for the next start. */
const IN_FORCE_AT_ONCE = { routers: undefined, steering: undefined };

/** The routers of a running pipeline from its configuration file; all else in it takes a restart, which is said. */
export function createReloader({
  file,
  config,
  inventory,
  components = [],
  telemetry,
  environment = process.env,
}: {
  readonly file: string;
  /** What the pipeline was started with. */
  readonly config: FairleadConfig;
  readonly inventory: InventoryHolder;
  /** Read again what is theirs, such as certificates. */
  readonly components?: readonly Component[];
  readonly telemetry: Telemetry;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}): Reloader {
  const { log } = telemetry;
  const reloads = new Counter({
    name: 'fairlead_config_reloads_total',
    help: 'Readings of the configuration while running, by outcome: applied, or refused because the file is not sound.',
    labelNames: ['outcome'],
    registers: [telemetry.registry],
  });
  let last = Promise.resolve();

  const reload = async (): Promise<void> => {
    let next: FairleadConfig;
    try {
      next = await loadConfig(fairleadConfigSchema, file, environment);
    } catch (error) {
      reloads.inc({ outcome: 'refused' });
      const problems = error instanceof ConfigError ? error.problems : [String(error)];
      log.error({ file, problems }, 'the new configuration is refused; the routers stay as they were');
      return;
    }
    const waiting = listDifferences({ ...config, ...IN_FORCE_AT_ONCE }, { ...next, ...IN_FORCE_AT_ONCE });
    if (waiting.length > 0) log.warn({ file, keys: waiting }, 'changed, but takes effect at the next start');
    await Promise.all(components.map(async (component) => component.refresh?.()));
    const { added, changed, removed } = inventory.replace(routersOf(next));
    reloads.inc({ outcome: 'applied' });
    const names = (routers: readonly { readonly name: string }[]): string[] =>
      routers.map(({ name }) => name);
    log.info(
      { file, added: names(added), changed: names(changed), removed: names(removed) },
      'configuration read again',
    );
  };

  return {
    reload() {
      last = last.then(reload);
      return last;
    },
  };
}

/** Keys, such as `http.port`, whose values are not the same. */
export function listDifferences(before: unknown, after: unknown, path = ''): string[] {
  if (isSame(before, after)) return [];
  if (!isSection(before) || !isSection(after)) return [path];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) =>
    listDifferences(before[key], after[key], path === '' ? key : `${path}.${key}`),
  );
}

const isSection = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
