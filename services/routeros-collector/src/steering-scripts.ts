import type { SteeringScript } from '@fairlead/model';
import { parseFlag } from '@fairlead/routeros';
import type { Properties } from './state-records.ts';

/** Items of the menus that hold scripts. */
export interface ScriptSources {
  readonly scripts: readonly Properties[];
  readonly schedulers: readonly Properties[];
  readonly trafficMonitors: readonly Properties[];
  readonly netwatch: readonly Properties[];
}

const touches: readonly (readonly [RegExp, string])[] = [
  [/\bmangle\b/i, 'mangle'],
  [/\b(?:new-)?routing-(?:mark|table)\b/i, 'routing marks'],
  [/\bip[\s/]+route\b|\brouting[\s/]+(?:rule|table)\b/i, 'routes'],
];

/** Comments of what Fairlead put on the router itself (`fairlead apply`), such as its dead man, begin with this. */
const OWN_TAG = 'fairlead:';

/**
 * What else on the router steers: scripts that touch mangle, routing marks or routes, and what runs such a script.
 * Two that change the same rule fight each other. The text of a script may hold secrets, so only its name is kept.
 */
export function findSteeringScripts(sources: ScriptSources): SteeringScript[] {
  const found: SteeringScript[] = [];
  const named: string[] = [];
  const add = (kind: string, properties: Properties, name: string, text: string): void => {
    if (properties['comment']?.startsWith(OWN_TAG) === true) return;
    const why = describe(text, named);
    if (why === undefined) return;
    found.push({ kind, name, why, disabled: parseFlag(properties['disabled']) });
  };
  for (const properties of sources.scripts) {
    const { name = '', source = '' } = properties;
    add('script', properties, name, source);
  }
  // From here on also what only runs one of them.
  named.push(...found.map(({ name }) => name).filter((name) => name !== ''));
  for (const properties of sources.schedulers) {
    add('scheduler', properties, properties['name'] ?? '', properties['on-event'] ?? '');
  }
  for (const properties of sources.trafficMonitors) {
    add('traffic-monitor', properties, properties['name'] ?? '', properties['on-event'] ?? '');
  }
  for (const properties of sources.netwatch) {
    const text = `${properties['up-script'] ?? ''}\n${properties['down-script'] ?? ''}\n${properties['test-script'] ?? ''}`;
    add('netwatch', properties, properties['name'] ?? properties['host'] ?? '', text);
  }
  return found;
}

function describe(text: string, scripts: readonly string[]): string | undefined {
  const what = touches.filter(([pattern]) => pattern.test(text)).map(([, name]) => name);
  if (what.length > 0) return `touches ${what.join(', ')}`;
  const run = scripts.find((name) => mentions(text, name));
  return run === undefined ? undefined : `runs the script ${run}`;
}

/** Whether the name stands in the text as a word of its own. */
function mentions(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const around = `${text[at - 1] ?? ' '}${text[at + name.length] ?? ' '}`;
    if (!/[\w-]/.test(around)) return true;
  }
  return false;
}
