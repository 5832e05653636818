export {
  exportedVersion,
  readConfiguration,
  type Configuration,
  type ConfigurationRead,
  type Properties,
} from './configuration.ts';
export type { Conflict } from './conflicts.ts';
export { generate, type DesiredConfiguration } from './generate.ts';
export { interfaceNames, type InterfaceNames } from './interface-names.ts';
export { applyOperations, invertOperations, type Operation } from './operations.ts';
export { planChanges, type Plan } from './plan.ts';
export { readScript } from './read-script.ts';
export {
  configurationOfRows,
  menuReadings,
  propertiesOfRow,
  type MenuReading,
  type RouterReading,
} from './router-rows.ts';
export type * from './script.ts';
export { showOperations } from './show-operations.ts';
export type { WanIpv6 } from './site-ipv6.ts';
export { partComment, siteProblems, type SiteDescription, type SiteWan, type Strategy } from './site.ts';
export { writeScript } from './write-script.ts';
export { apiCommand, apiPath, idsAfter, type ApiCommand } from './api-commands.ts';
export { HEARTBEAT_LIST } from './dead-man.ts';
export { settingsKey } from './operations.ts';
export { managedMenus, REVERT_COMMENT } from './menu-facts.ts';
export { REVERT_NAME, revertPolicies, revertScript } from './revert-script.ts';
export { differingMenus, rollbackOperations } from './rollback.ts';
export { setupNotes } from './notes.ts';
