import type { RouterosSession } from '@fairlead/routeros';

export type Properties = Readonly<Record<string, string>>;

/** The router could not be asked, or refused to tell. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/** Items of a menu. @throws UnreadableError */
export async function readMenu(
  session: RouterosSession,
  menu: string,
  proplist: string,
  queries: readonly string[],
  attributes: Readonly<Record<string, string>> = {},
): Promise<readonly Properties[]> {
  try {
    const command = {
      command: `${menu}/print`,
      attributes: { ...attributes, '.proplist': proplist },
      queries,
    };
    return (await session.execute(command)).records;
  } catch (cause) {
    throw new UnreadableError(
      `${menu} could not be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
