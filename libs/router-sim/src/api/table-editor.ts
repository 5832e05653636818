import type { ConfigItem, ConfigTable, Properties } from '../config/config-table.ts';
import type { Editor } from './menu.ts';
import { trap } from './traps.ts';

export interface TableRules {
  readonly noun: string;
  /** Every property that may be set. */
  readonly known: ReadonlySet<string>;
  readonly required: readonly string[];
  /** Properties of which only these values are allowed. */
  readonly allowed: Readonly<Record<string, () => readonly string[]>>;
  readonly booleans: readonly string[];
}

const YES = ['yes', 'true'];
const NO = ['no', 'false'];

/** An editor of configuration items that checks what a router checks. */
export function createTableEditor(table: ConfigTable, rules: TableRules): Editor {
  function check(parameters: Properties): Properties {
    const checked: Record<string, string> = {};
    for (const [given, value] of Object.entries(parameters)) {
      const name = given.replace(/^!/, '');
      if (!rules.known.has(name)) throw trap('unknownParameter', name);
      if (given !== name) {
        checked[name] = '';
        continue;
      }
      if (rules.booleans.includes(name)) {
        if (![...YES, ...NO].includes(value)) throw trap('badValue', name);
        checked[name] = String(YES.includes(value));
        continue;
      }
      const allowed = rules.allowed[name]?.();
      if (allowed && !allowed.includes(value)) throw trap('badValue', name);
      checked[name] = value;
    }
    return checked;
  }
  function existing(idOrName: string): ConfigItem {
    const item = table.find(idOrName);
    if (!item) throw trap('noSuchItem');
    return item;
  }
  return {
    noun: rules.noun,
    add(parameters) {
      const { 'place-before': before, ...properties } = parameters;
      for (const name of rules.required) {
        if (!properties[name]) throw trap('missingArgument', name);
      }
      const checked = check(properties);
      return table.add(checked, before === undefined ? undefined : existing(before).id).id;
    },
    set: (idOrName, parameters) => table.set(existing(idOrName).id, check(parameters)),
    remove: (idOrName) => table.remove(existing(idOrName).id),
    move: (idOrName, before) =>
      table.move(existing(idOrName).id, before === undefined ? undefined : existing(before).id),
    listen: (changed) => table.onChange(changed),
  };
}
