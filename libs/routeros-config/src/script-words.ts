/** Commands that stand in every menu: a word of these ends the menu's path (RouterOS manual, "General Commands"). */
export const commonVerbs: ReadonlySet<string> = new Set([
  'add',
  'set',
  'unset',
  'remove',
  'move',
  'enable',
  'disable',
  'comment',
  'reset',
  'find',
  'get',
  'print',
  'export',
  'edit',
]);

/** Words of the scripting language that are also written without their colon. */
export const scriptingWords: ReadonlySet<string> = new Set([
  'if',
  'for',
  'foreach',
  'while',
  'do',
  'local',
  'global',
  'put',
  'return',
  'error',
  'delay',
  'parse',
]);
