import { apiPath, configurationOfRows, menuReadings, type RouterReading } from '@fairlead/routeros-config';
import { type RouterosSession, type Row, TrapError } from '@fairlead/routeros';

/** What a router has, and which version of RouterOS it runs. */
export interface RouterRead extends RouterReading {
  /** Such as `7.20.1`. */
  readonly version: string;
}

/**
 * Reads all that a plan needs, side by side. Menus that this router does not have are empty.
 * @throws RouterosError
 */
export async function readRouter(session: RouterosSession): Promise<RouterRead> {
  const [resource, ...menus] = await Promise.all([
    session.execute({ command: '/system/resource/print', attributes: { '.proplist': 'version' } }),
    ...menuReadings.map(async ({ menu, properties, queries = [], isSettings, isOptional }) => {
      const proplist = [...(isSettings ? [] : ['.id']), ...properties, 'dynamic'].join(',');
      try {
        const attributes = { '.proplist': proplist };
        const command = { command: `${apiPath(menu)}/print`, attributes, queries };
        return [menu, (await session.execute(command)).records] as const;
      } catch (error) {
        if (isOptional === true && error instanceof TrapError && /no such command/.test(error.message)) {
          return [menu, [] as readonly Row[]] as const;
        }
        throw error;
      }
    }),
  ]);
  const version = /^[\d.]+/.exec(resource.records[0]?.['version'] ?? '')?.[0] ?? '';
  return { version, ...configurationOfRows(new Map(menus)) };
}
