import type { ConfigItem, Properties } from '../config/config-table.ts';
import type { RouterConfig } from '../config/router-config.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { activeDefaultRoute } from '../kernel/route-table.ts';
import { readScript } from '@fairlead/routeros-config';
import { deviceDate } from './device-text.ts';
import type { Menu } from './menu.ts';
import { createTableEditor, type TableRules } from './table-editor.ts';

interface ScriptSources {
  readonly kernel: Kernel;
  readonly config: RouterConfig;
  readonly majorVersion: number;
  bootedAtMs(): number;
  runCount(schedulerId: string): number;
}

const rules = (noun: string, required: readonly string[], names: readonly string[]): TableRules => ({
  noun,
  known: new Set([...required, ...names, 'comment', 'disabled']),
  required,
  allowed: {},
  booleans: ['disabled'],
});

const netwatchRules = rules(
  'netwatch',
  ['host'],
  ['name', 'type', 'interval', 'timeout', 'up-script', 'down-script'],
);
const schedulerRules = rules(
  'scheduler',
  ['name'],
  ['interval', 'on-event', 'start-time', 'start-date', 'policy'],
);
const scriptRules = rules('script', ['name'], ['source', 'policy', 'dont-require-permissions']);

/** `/tool/netwatch`, `/system/scheduler` and `/system/script`. Scripts of netwatch are kept and not run. */
export function createScriptMenus(sources: ScriptSources): Menu[] {
  const { config } = sources;
  const shown = ({ id, properties }: ConfigItem, defaults: Properties): { properties: Properties } => ({
    properties: { '.id': id, ...defaults, ...properties },
  });
  return [
    {
      path: '/tool/netwatch',
      rows: () => config.netwatch.items().map((item) => shown(item, netwatchStatus(item, sources))),
      editor: createTableEditor(config.netwatch, netwatchRules),
    },
    {
      path: '/system/scheduler',
      rows: () =>
        config.scheduler
          .items()
          .map((item) => shown(item, { 'run-count': String(sources.runCount(item.id)), disabled: 'false' })),
      editor: createTableEditor(config.scheduler, schedulerRules),
    },
    {
      path: '/system/script',
      rows: () =>
        config.script
          .items()
          .map((item) => shown(item, { invalid: String(isInvalid(item.properties['source'])) })),
      editor: createTableEditor(config.script, scriptRules),
    },
  ];
}

/** A source that does not parse is marked, and never runs. */
const isInvalid = (source = ''): boolean => readScript(source).problems.length > 0;

/** A gateway is up while its link is; any other host while main has a default route in use. */
function netwatchStatus(
  { properties }: ConfigItem,
  { kernel, config, majorVersion, bootedAtMs }: ScriptSources,
): Properties {
  const { host = '' } = properties;
  const reaches = (gateway: string): boolean => kernel.reachesGateway(gateway);
  const routes = config.route.items();
  const isGateway = routes.some((route) => route.properties['gateway'] === host);
  const isUp = isGateway ? reaches(host) : activeDefaultRoute(routes, 'main', reaches) !== undefined;
  return {
    ...(majorVersion > 6 ? { type: 'simple' } : {}),
    interval: '10s',
    timeout: '1s',
    since: deviceDate(bootedAtMs()),
    status: isUp ? 'up' : 'down',
    disabled: 'false',
  };
}
