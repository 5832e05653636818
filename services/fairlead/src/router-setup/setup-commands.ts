import type { AllowedCommand } from '@fairlead/routeros';
import { apiPath, managedMenus, menuReadings } from '@fairlead/routeros-config';

/** All that a session of `fairlead plan` can send. */
export const planCommands: readonly AllowedCommand[] = [
  '/system/resource/print',
  ...menuReadings.map(({ menu }) => `${apiPath(menu)}/print`),
];

/**
 * All that a session of `fairlead apply` and `rollback` can send: changes of the menus that Fairlead manages with the
 * properties it knows, and the script that restores a router.
 */
export const applyCommands: readonly AllowedCommand[] = [
  ...planCommands,
  ...menuReadings.flatMap(({ menu, properties, isSettings }): AllowedCommand[] => {
    if (!managedMenus.has(menu)) return [];
    const path = apiPath(menu);
    const names = properties.flatMap((name) => [name, `!${name}`]);
    if (isSettings) return [{ command: `${path}/set`, attributes: ['numbers', ...names] }];
    return [
      { command: `${path}/add`, attributes: [...names, 'place-before'] },
      { command: `${path}/set`, attributes: ['.id', ...names] },
      { command: `${path}/remove`, attributes: ['.id'] },
      { command: `${path}/move`, attributes: ['numbers', 'destination'] },
    ];
  }),
  { command: '/system/script/add', attributes: ['name', 'source', 'policy', 'comment'] },
  { command: '/system/script/remove', attributes: ['.id'] },
  { command: '/system/script/run', attributes: ['.id'] },
];
